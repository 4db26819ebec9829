package dev.logweir.kubernetes;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * A container's log as one stream of whole lines, asked for anew where it was cut. For one reader.
 */
final class PodLogStream extends InputStream {
  /** A line that is longer is given out in pieces, and twice if the log is cut within it. */
  private static final int MAX_LINE_BYTES = 64 << 10;

  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration MAX_PAUSE = Duration.ofSeconds(5);

  private final Source source;
  private final long maxOutageNanos;
  private final byte[] gapLine;
  private final SeenLines seen = new SeenLines();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final byte[] chunk = new byte[8 << 10];
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private int chunkAt;
  private int chunkEnd;

  private volatile @Nullable InputStream open;
  private byte[] out = new byte[0];
  private int outAt;
  private boolean streaming;
  private boolean skipping;
  private boolean ended;
  private boolean incomplete;
  private boolean last;
  private int gaps;
  private Duration pause = FIRST_PAUSE;
  private long failingSince;
  private boolean failing;
  private volatile String end = "not ended";

  /** The server, as far as it is needed here. */
  interface Source {
    /**
     * Opens the log.
     *
     * @param second from when on; empty for all
     * @param follow whether it goes on as long as the container runs
     * @throws IOException if it is not to be had now; trying again may help
     */
    InputStream open(String second, boolean follow) throws IOException;

    /** Looks whether the container may still write. */
    PodLook look();
  }

  PodLogStream(Source source, Duration maxOutage, String gapLine) {
    this.source = source;
    this.maxOutageNanos = maxOutage.toNanos();
    this.gapLine = (gapLine + "\n").getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    while (length > 0 && outAt == out.length) {
      if (ended) {
        if (incomplete) {
          throw new SeveredException(end);
        }
        return -1;
      }
      advance();
    }
    int count = Math.min(length, out.length - outAt);
    System.arraycopy(out, outAt, bytes, offset, count);
    outAt += count;
    return count;
  }

  private void give(byte[] bytes) {
    out = bytes;
    outAt = 0;
  }

  /** Goes one step: opens the log, or takes the next piece of it. */
  private void advance() {
    InputStream input = open;
    if (closed.getCount() == 0) {
      finish(true, "let go");
      return;
    }
    if (input == null) {
      open();
      return;
    }
    if (chunkAt == chunkEnd) {
      chunkAt = 0;
      chunkEnd = 0;
      try {
        chunkEnd = Math.max(-1, input.read(chunk));
      } catch (IOException | RuntimeException e) {
        cut(input, false);
        return;
      }
      if (chunkEnd < 0) {
        chunkEnd = 0;
        cut(input, true);
        return;
      }
      failing = false;
      pause = FIRST_PAUSE;
    }
    takeLine();
  }

  private void takeLine() {
    int from = chunkAt;
    while (chunkAt < chunkEnd && chunk[chunkAt] != '\n') {
      chunkAt++;
    }
    boolean whole = chunkAt < chunkEnd;
    chunkAt += whole ? 1 : 0;
    line.write(chunk, from, chunkAt - from);
    if (whole || line.size() >= MAX_LINE_BYTES) {
      lineCame(line.toByteArray(), whole);
      line.reset();
    }
  }

  /** A line, or a piece of a long one, with its time in front of the first piece. */
  private void lineCame(byte[] bytes, boolean whole) {
    if (streaming) {
      streaming = !whole;
      if (!skipping) {
        give(bytes);
      }
      return;
    }
    streaming = !whole;
    int space = 0;
    while (space < bytes.length && bytes[space] != ' ' && bytes[space] != '\n') {
      space++;
    }
    String time = new String(bytes, 0, space, StandardCharsets.US_ASCII);
    int from =
        Math.min(bytes.length, space + (space < bytes.length && bytes[space] == ' ' ? 1 : 0));
    CRC32 sum = new CRC32();
    sum.update(bytes, from, bytes.length - from);
    skipping = !seen.isNew(time, sum.getValue());
    boolean gap = seen.takeLost();
    if (gap) {
      gaps++;
    }
    if (!skipping) {
      int head = gap ? gapLine.length : 0;
      byte[] given = new byte[head + bytes.length - from];
      System.arraycopy(gapLine, 0, given, 0, head);
      System.arraycopy(bytes, from, given, head, bytes.length - from);
      give(given);
    }
  }

  private void open() {
    try {
      InputStream input = source.open(seen.second(), !last);
      seen.resume();
      line.reset();
      chunkAt = 0;
      chunkEnd = 0;
      open = input;
      if (closed.getCount() == 0) {
        input.close();
      }
    } catch (IOException | RuntimeException e) {
      if (!failing) {
        failing = true;
        failingSince = System.nanoTime();
      }
      PodLook look = last ? null : source.look();
      if (look != null && isOver(look) && seen.second().isEmpty()) {
        finish(true, "the log is not to be had: " + look.text());
      } else if (System.nanoTime() - failingSince >= maxOutageNanos) {
        finish(true, "the log was not to be had for " + maxOutageNanos / 1_000_000 + " ms");
      } else {
        last |= look != null && isOver(look);
        await();
      }
    }
  }

  /** What was open has ended: by itself, or by a failure. */
  private void cut(InputStream input, boolean byItself) {
    open = null;
    try {
      input.close();
    } catch (IOException | RuntimeException ignored) {
      // it is not read any more
    }
    if (last && byItself) {
      if (line.size() > 0) {
        lineCame(line.toByteArray(), true); // the container's last line has no end
        line.reset();
      }
      finish(!seen.isCaughtUp() || gaps > 0, "the container has ended");
      return;
    }
    line.reset();
    if (streaming && !skipping) {
      // The line comes again, whole.
      gaps++;
      streaming = false;
      give(concat("\n".getBytes(StandardCharsets.UTF_8), gapLine));
    }
    streaming = false;
    PodLook look = source.look();
    if (look.state() == PodLook.State.POD_GONE && look.text().equals("not found")) {
      finish(true, "the pod is gone");
    } else if (isOver(look)) {
      last = true; // once more, for what came since
    } else {
      await();
    }
  }

  private static byte[] concat(byte[] first, byte[] second) {
    byte[] both = new byte[first.length + second.length];
    System.arraycopy(first, 0, both, 0, first.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  private static boolean isOver(PodLook look) {
    return look.state() == PodLook.State.POD_GONE || look.state() == PodLook.State.CONTAINER_GONE;
  }

  private void await() {
    try {
      if (closed.await(pause.toNanos(), TimeUnit.NANOSECONDS)) {
        finish(true, "let go");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      finish(true, "interrupted");
    }
    pause = pause.multipliedBy(2).compareTo(MAX_PAUSE) < 0 ? pause.multipliedBy(2) : MAX_PAUSE;
  }

  private void finish(boolean isIncomplete, String why) {
    ended = true;
    incomplete = isIncomplete;
    end = why + (gaps > 0 ? ", with gaps: " + gaps : "");
  }

  String end() {
    return end;
  }

  /** Ends it, also while another thread reads. */
  @Override
  public void close() {
    closed.countDown();
    InputStream input = open;
    if (input != null) {
      try {
        input.close();
      } catch (IOException | RuntimeException ignored) {
        // it is not read any more
      }
    }
  }
}
