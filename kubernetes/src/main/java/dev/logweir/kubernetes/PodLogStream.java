package dev.logweir.kubernetes;

import dev.logweir.ForeignText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * A container's log as one stream of whole lines, asked for anew where it was cut. For one reader;
 * a watch may look at it meanwhile, and end what is open.
 */
final class PodLogStream extends InputStream {
  /** What it holds at most: a chunk, a line while its room grows, and the lines that were seen. */
  static final int MAX_RETAINED_BYTES = 192 << 10;

  /** A line that is longer is given out in pieces, and twice if the log is cut within it. */
  private static final int MAX_LINE_BYTES = 64 << 10;

  private static final int FIRST_LINE_BYTES = 1 << 10;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration MAX_PAUSE = Duration.ofSeconds(5);

  /** A container that has just started may have been refused as one that waits. */
  private static final int MAX_REFUSALS = 2;

  private final Source source;
  private final Clock clock;
  private final long maxOutageNanos;
  private final SeenLines seen = new SeenLines();
  private final LineTime time = new LineTime();
  private final CRC32 sum = new CRC32();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final byte[] chunk = new byte[8 << 10];
  private int chunkAt;
  private int chunkEnd;

  /** What is written where lines may be missing. It has room in front of the line in hand. */
  private final byte[] gapLine;

  private byte[] line;
  private int lineEnd;

  private byte[] out;
  private int outAt;
  private int outEnd;

  /** Whether a line is in hand that has been given out, or left out, in part. */
  private boolean inLine;

  private boolean skipping;

  /** The first words of this answer that were no line of the log, but the server's. */
  private @Nullable String said;

  private boolean lineCame;
  private boolean newLineCame;
  private boolean last;
  private int gaps;
  private Duration pause = FIRST_PAUSE;
  private int refusals;
  private boolean failing;
  private long failingSince;
  private volatile @Nullable InputStream open;

  /** What the watch has ended. */
  private volatile @Nullable InputStream dropped;

  private volatile boolean reading;
  private final AtomicLong reads = new AtomicLong();
  private volatile @Nullable End end;

  /** Time, as far as it is needed here. */
  interface Clock {
    Clock SYSTEM =
        new Clock() {
          @Override
          public long nanoTime() {
            return System.nanoTime();
          }

          @Override
          public boolean await(CountDownLatch latch, Duration timeout) throws InterruptedException {
            return latch.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
          }
        };

    long nanoTime();

    boolean await(CountDownLatch latch, Duration timeout) throws InterruptedException;
  }

  /** The server, as far as it is needed here. */
  interface Source {
    /**
     * Opens the log.
     *
     * @param since from when on; empty for all
     * @param follow whether it goes on as long as the container runs
     * @throws LogRefusal if the server refused it
     * @throws IOException if it is not to be had now; trying again may help
     */
    InputStream open(String since, boolean follow) throws IOException;

    /** Looks whether the container may still write. */
    PodLook look();
  }

  /**
   * How it ended.
   *
   * @param status the HTTP status that was the reason; 0 if it was another one
   */
  record End(boolean isComplete, int gaps, int status, String text) {}

  PodLogStream(Source source, Duration maxOutage, String gapLine, Clock clock) {
    this.source = source;
    this.clock = clock;
    this.maxOutageNanos = maxOutage.toNanos();
    this.gapLine = (gapLine + "\n").getBytes(StandardCharsets.UTF_8);
    line = new byte[this.gapLine.length + FIRST_LINE_BYTES];
    out = line;
    startLine();
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    while (length > 0 && outAt == outEnd) {
      End ended = end;
      if (ended == null) {
        advance();
      } else if (ended.isComplete) {
        return -1;
      } else {
        throw new SeveredException(ended.text);
      }
    }
    int count = Math.min(length, outEnd - outAt);
    System.arraycopy(out, outAt, bytes, offset, count);
    outAt += count;
    return count;
  }

  private void give(byte[] bytes, int from, int to) {
    out = bytes;
    outAt = from;
    outEnd = to;
  }

  /** Goes one step: opens the log, or takes the next piece of it. */
  private void advance() {
    InputStream input = open;
    if (closed.getCount() == 0) {
      finish(false, 0, "let go");
    } else if (input == null) {
      open();
    } else if (chunkAt < chunkEnd) {
      takeLine();
    } else {
      fill(input);
    }
  }

  // ---- lines ----

  private void fill(InputStream input) {
    chunkAt = 0;
    chunkEnd = 0;
    int count = -1;
    boolean byItself = true;
    reading = true;
    try {
      count = input.read(chunk);
    } catch (IOException | RuntimeException e) {
      byItself = false;
    } finally {
      reading = false;
      reads.incrementAndGet();
    }
    if (count < 0) {
      cut(input, byItself && input != dropped);
    } else {
      chunkEnd = count;
    }
  }

  private void startLine() {
    lineEnd = gapLine.length;
  }

  private void takeLine() {
    int room = gapLine.length + MAX_LINE_BYTES - lineEnd;
    int until = Math.min(chunkEnd, chunkAt + room);
    int at = chunkAt;
    while (at < until && chunk[at] != '\n') {
      at++;
    }
    boolean whole = at < until;
    at += whole ? 1 : 0;
    int count = at - chunkAt;
    if (lineEnd + count > line.length) {
      int most = gapLine.length + MAX_LINE_BYTES;
      line = Arrays.copyOf(line, Math.min(most, Math.max(2 * line.length, lineEnd + count)));
    }
    System.arraycopy(chunk, chunkAt, line, lineEnd, count);
    chunkAt = at;
    lineEnd += count;
    if (whole || lineEnd == gapLine.length + MAX_LINE_BYTES) {
      lineCame(whole);
    }
  }

  /** A line, or a piece of a long one, with its time in front of the first piece. */
  private void lineCame(boolean whole) {
    int from = inLine ? gapLine.length : begin();
    inLine = !whole;
    if (!skipping) {
      give(line, from, lineEnd);
    }
    startLine();
  }

  /** Looks at a line's beginning; returns from where on it is to be given out, if at all. */
  private int begin() {
    int from = time.read(line, gapLine.length, lineEnd);
    if (from < 0) {
      skipping = true;
      said = said == null ? text(gapLine.length, lineEnd) : said;
      return lineEnd;
    }
    lineCame = true;
    sum.reset();
    sum.update(line, from, lineEnd - from);
    skipping = !seen.isNew(time.second(), time.nanos(), sum.getValue());
    if (skipping) {
      return from;
    }
    newLineCame = true;
    failing = false;
    pause = FIRST_PAUSE;
    if (!seen.takeLost()) {
      return from;
    }
    gaps++;
    // Over the time, which is of no more use.
    System.arraycopy(gapLine, 0, line, from - gapLine.length, gapLine.length);
    return from - gapLine.length;
  }

  private String text(int from, int to) {
    String text = new String(line, from, to - from, StandardCharsets.UTF_8);
    return "the server says: " + ForeignText.shortened(text.strip());
  }

  // ---- answers ----

  private void open() {
    InputStream input;
    try {
      input = source.open(seen.since(), !last);
    } catch (IOException | RuntimeException e) {
      notOpened(e);
      return;
    }
    refusals = 0;
    seen.resume();
    startLine();
    said = null;
    lineCame = false;
    newLineCame = false;
    chunkAt = 0;
    chunkEnd = 0;
    open = input;
    if (closed.getCount() == 0) {
      close(input);
    }
  }

  private void notOpened(Exception failure) {
    int status = failure instanceof LogRefusal refusal ? refusal.status() : 0;
    String why = failure.getMessage() == null ? failure.getClass().getName() : failure.getMessage();
    refusals = isRefusal(status) ? refusals + 1 : 0;
    PodLook look = source.look();
    if (look.state() == PodLook.State.POD_GONE
        || look.state() == PodLook.State.NO_SUCH_CONTAINER
        || isHopeless(status, look)) {
      boolean running = look.state() == PodLook.State.RUNNING;
      finish(false, status, (running ? "" : look.text() + "; ") + why);
      return;
    }
    last |= look.isOver();
    failed(why, status);
  }

  /** Whether the server does not want to answer, rather than cannot now. */
  private static boolean isRefusal(int status) {
    return status >= 400 && status < 500 && status != 408 && status != 429;
  }

  /**
   * Whether asking again won't help. A container that waits to be started is refused like one that
   * is not there, or that should have been named: the look at the pod tells them apart.
   */
  private boolean isHopeless(int status, PodLook look) {
    if (!isRefusal(status)) {
      return false;
    }
    return switch (look.state()) {
      case WAITING, UNREACHABLE -> status != 400 && status != 404;
      case FORBIDDEN -> status != 400;
      default -> (status != 400 && status != 404) || refusals >= MAX_REFUSALS;
    };
  }

  /** The log is not to be had now. */
  private void failed(String why, int status) {
    if (!failing) {
      failing = true;
      failingSince = clock.nanoTime();
    }
    if (clock.nanoTime() - failingSince >= maxOutageNanos) {
      long millis = TimeUnit.NANOSECONDS.toMillis(maxOutageNanos);
      finish(false, status, "the log was not to be had for " + millis + " ms: " + why);
    } else {
      await();
    }
  }

  /** What was open has ended: by itself, or by a failure. */
  private void cut(InputStream input, boolean byItself) {
    open = null;
    close(input);
    if (last && byItself && said == null) {
      if (lineEnd > gapLine.length) {
        lineCame(true); // the container's last line has no end
      }
      boolean whole = seen.isCaughtUp() && gaps == 0;
      finish(whole, 0, whole ? "read to its end" : "the container has ended, lines may be missing");
      return;
    }
    if (inLine && !skipping) {
      // The line comes again, whole.
      seen.forgetLast();
      gaps++;
      byte[] mark = new byte[gapLine.length + 1];
      mark[0] = '\n';
      System.arraycopy(gapLine, 0, mark, 1, gapLine.length);
      give(mark, 0, mark.length);
    }
    inLine = false;
    startLine();
    PodLook look = source.look();
    String words = said;
    if (look.state() == PodLook.State.POD_GONE) {
      finish(false, 0, "it is gone: " + look.text());
    } else if (look.isOver() && !last) {
      last = true; // once more, for what came since
    } else if (!newLineCame && words != null) {
      failed(words, 0); // also where it says so behind lines that came before
    } else if (!lineCame && last) {
      failed("the connection failed", 0);
    } else if (byItself && !newLineCame && !look.isKnown()) {
      failed("not known whether the container has ended: " + look.text(), 0);
    } else {
      failing = false;
      await();
    }
  }

  private void await() {
    try {
      if (clock.await(closed, pause)) {
        finish(false, 0, "let go");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      finish(false, 0, "interrupted");
    }
    pause = pause.multipliedBy(2).compareTo(MAX_PAUSE) < 0 ? pause.multipliedBy(2) : MAX_PAUSE;
  }

  private void finish(boolean isComplete, int status, String text) {
    String and = gaps == 0 ? "" : ", with " + gaps + (gaps == 1 ? " gap" : " gaps");
    end = new End(isComplete, gaps, status, text + and);
  }

  /** Returns how it ended; null before. */
  @Nullable End end() {
    return end;
  }

  // ---- the watch's side ----

  /** Whether its reader waits for the server; not where the log holds it. */
  boolean isReading() {
    return reading;
  }

  /** Returns how often the server gave something, to see whether it did since. */
  long reads() {
    return reads.get();
  }

  /** Ends what is open, as if the network had. */
  void drop() {
    InputStream input = open;
    if (input != null) {
      dropped = input;
      close(input);
    }
  }

  /** Returns the heap bytes of its arrays. */
  int retainedBytes() {
    int before = out == line ? 0 : out.length; // smaller, until the next line is given out
    return chunk.length + line.length + before + SeenLines.BYTES;
  }

  /** Ends it, also while another thread reads. */
  @Override
  public void close() {
    closed.countDown();
    InputStream input = open;
    if (input != null) {
      close(input);
    }
  }

  static void close(InputStream input) {
    try {
      input.close();
    } catch (IOException | RuntimeException ignored) {
      // it is not read any more
    }
  }
}
