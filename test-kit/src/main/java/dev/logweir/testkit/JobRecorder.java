package dev.logweir.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.BatchSender;
import dev.logweir.LineReader;
import dev.logweir.LogBatch;
import dev.logweir.LogReport;
import dev.logweir.SinkReport;
import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Records what a job wrote to one stream and what arrived of it, and compares the two: every line
 * that arrived is one that was written, whole, or in fragments that make one; and what is missing
 * is missing exactly where a marker says so, and as much as it says.
 *
 * <pre>{@code
 * JobRecorder recorder = new JobRecorder();
 * LogStreamer log = LogStreamer.builder(recorder.sender()).start();
 * OutputStream out = recorder.stream(log.stdout());
 * ...
 * recorder.assertExplained(log.finish());
 * }</pre>
 *
 * <p>For a job whose markers are on, that writes to one of its streams, and whose processors
 * neither change nor remove lines. Thread-safe. Holds all that it records.
 */
public final class JobRecorder {
  private static final Pattern GAP =
      Pattern.compile(
          "\\[logweir ([0-9a-f]{8})] ([\\d,]+) lines? \\(([\\d,]+) bytes?\\) dropped here: [a-z_, ]+");
  private static final Pattern PIECE =
      Pattern.compile(" \\[logweir ([0-9a-f]{8}): (continued|cut)]$");

  private final ReentrantLock lock = new ReentrantLock();
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final List<byte[]> arrived = new ArrayList<>();

  /** Creates a recorder of one stream of one job. */
  public JobRecorder() {}

  /** Returns a stream that records what is written and hands it on. Closing it closes the other. */
  public OutputStream stream(OutputStream to) {
    return new Recording(Objects.requireNonNull(to, "to"));
  }

  /** Returns a sender that records each line as arrived. */
  public BatchSender sender() {
    return lines -> {
      LineReader reader = LogBatch.of(lines).reader();
      while (reader.next()) {
        byte[] line = new byte[reader.length()];
        int read = 0;
        while (read < line.length) {
          read += reader.read(line, read, line.length - read);
        }
        arrived(line);
      }
    };
  }

  /** Records that a line arrived, for a server that takes it; without its line end. */
  public void arrived(byte[] line) {
    byte[] copy = line.clone();
    lock.lock();
    try {
      arrived.add(copy);
    } finally {
      lock.unlock();
    }
  }

  /** Returns what was written so far. */
  public byte[] writtenBytes() {
    lock.lock();
    try {
      return written.toByteArray();
    } finally {
      lock.unlock();
    }
  }

  /** Returns the lines that arrived so far, markers too, read as UTF-8. */
  public List<String> arrivedLines() {
    lock.lock();
    try {
      return arrived.stream().map(line -> new String(line, UTF_8)).toList();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Checks that what arrived is what was written, except what the markers and the final report
   * account for. A line is known as a marker by the report's token.
   *
   * @throws AssertionError with the first place that is not accounted for
   */
  public void assertExplained(LogReport report) {
    Objects.requireNonNull(report, "report");
    List<byte[]> lines;
    lock.lock();
    try {
      lines = List.copyOf(arrived);
    } finally {
      lock.unlock();
    }
    new Explanation(writtenBytes(), report).explain(lines);
  }

  /** How far what was written is explained. */
  private static final class Explanation {
    private final byte[] written;
    private final LogReport report;
    private int at;
    private long missing;
    private int number;
    private boolean cut;

    Explanation(byte[] written, LogReport report) {
      this.written = written;
      this.report = report;
    }

    void explain(List<byte[]> lines) {
      for (byte[] line : lines) {
        number++;
        Matcher gap = GAP.matcher(new String(line, ISO_8859_1));
        if (gap.matches() && gap.group(1).equals(report.markerToken())) {
          skip(number(gap.group(2)), number(gap.group(3)));
          cut = false;
        } else if (cut) {
          throw wrong("a cut line is not followed by its gap");
        } else {
          follow(line);
        }
      }
      end();
    }

    private void follow(byte[] line) {
      Matcher mark = PIECE.matcher(new String(line, ISO_8859_1));
      boolean piece = mark.find() && mark.group(1).equals(report.markerToken());
      int length = piece ? mark.start() : line.length;
      int same =
          Arrays.mismatch(line, 0, length, written, at, Math.min(written.length, at + length));
      if (same >= 0) {
        throw wrong("its byte " + (same + 1) + " is not what was written");
      }
      at += length;
      cut = piece && mark.group(2).equals("cut");
      if (piece) {
        return;
      }
      if (at < written.length && written[at] != '\n') {
        throw wrong("it ends where the line that was written goes on");
      }
      at = Math.min(written.length, at + 1);
    }

    private void skip(long lines, long bytes) {
      if (bytes > written.length - at) {
        throw wrong("its gap is larger than what was written");
      }
      int end = at + (int) bytes;
      long ends = 0;
      for (int i = at; i < end; i++) {
        ends += written[i] == '\n' ? 1 : 0;
      }
      if (end == written.length && bytes > 0 && written[end - 1] != '\n') {
        ends++;
      }
      if (ends != lines) {
        throw wrong("its gap holds " + ends + " lines, not " + lines);
      }
      at = end;
      missing += bytes;
    }

    /** What is missing at the end has no marker if there was no time left to send one. */
    private void end() {
      SinkReport sink = report.sink();
      long rest = (long) written.length - at;
      long dropped = sink.droppedTotal().bytes();
      if (rest == 0 ? missing != dropped : missing + rest < dropped || report.isComplete()) {
        throw wrong(
            "the markers tell of "
                + missing
                + " bytes, "
                + rest
                + " are missing at the end, and the report says: "
                + report);
      }
    }

    private AssertionError wrong(String what) {
      return new AssertionError(
          "line " + number + " of what arrived, at byte " + at + " of what was written: " + what);
    }

    private static long number(String text) {
      return Long.parseLong(text.replace(",", ""));
    }
  }

  /** What a job writes to. */
  private final class Recording extends FilterOutputStream {
    Recording(OutputStream to) {
      super(to);
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      lock.lock();
      try {
        written.write(bytes, offset, length);
        // Within the lock: so what two threads write comes in one order.
        out.write(bytes, offset, length);
      } finally {
        lock.unlock();
      }
    }
  }
}
