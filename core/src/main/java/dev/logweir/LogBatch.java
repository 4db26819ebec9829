package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.AbstractList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.RandomAccess;
import org.jspecify.annotations.Nullable;

/**
 * A batch of lines in UTF-8 bytes, as a sender gets it: a read-only list that decodes a line on
 * access.
 *
 * <p>Valid until {@code send} returns; then its methods throw {@link IllegalStateException}. It may
 * be read by several threads until then. {@link List#copyOf} keeps the lines. {@link #toString}
 * gives counts only.
 */
public final class LogBatch extends AbstractList<String> implements RandomAccess {
  /** So many lines on, reading through them is cheaper than the index. */
  private static final int NEAR_LINES = 64;

  final BatchLines lines = new BatchLines();
  final SendCall call;

  private long sequence;
  private long firstLine;
  private long offset;

  /** Line ends by segment, made when lines are asked for out of their order. */
  private volatile int @Nullable [] index;

  /** Where the line begins that was asked for last. */
  private volatile LineReader.@Nullable Position lastPosition;

  /** Creates a batch with a call of its own. */
  LogBatch() {
    call = new SendCall(lines);
  }

  /**
   * Creates a shipper's batch.
   *
   * @param progress the sink's
   */
  LogBatch(SendProgress progress) {
    call = new SendCall(progress, lines);
  }

  /**
   * Returns a list of lines as a batch: itself where it is one, else a copy.
   *
   * @throws NullPointerException if {@code lines} or one of them is null
   * @throws IllegalArgumentException if one of them has a line end in it
   */
  public static LogBatch of(List<String> lines) {
    Objects.requireNonNull(lines, "lines");
    if (lines instanceof LogBatch batch) {
      return batch;
    }
    LogBatch batch = new LogBatch();
    for (String line : lines) {
      byte[] bytes = Objects.requireNonNull(line, "line").getBytes(UTF_8);
      if (Newlines.first(bytes, 0, bytes.length) < bytes.length) {
        throw new IllegalArgumentException(
            "line must have no line end in it: " + batch.lines.count());
      }
      batch.addLine(bytes);
    }
    return batch;
  }

  /**
   * Returns a batch of lines of any bytes, as a shipper's is: for the tests of a sender.
   *
   * @throws NullPointerException if {@code lines} or one of them is null
   * @throws IllegalArgumentException if one of them has a line feed in it
   */
  public static LogBatch ofBytes(List<byte[]> lines) {
    LogBatch batch = new LogBatch();
    for (byte[] line : lines) {
      if (Newlines.first(line, 0, line.length) < line.length) {
        throw new IllegalArgumentException(
            "line must have no line feed in it: " + batch.lines.count());
      }
      batch.addLine(line);
    }
    return batch;
  }

  private void addLine(byte[] line) {
    while (lines.room() < line.length + 1) {
      lines.addRoom(new Segment(Segment.LARGE));
    }
    lines.put(line, 0, line.length);
    lines.endPlain(line.length + 1L);
  }

  /**
   * Returns the number of this batch in its job, from 1. The number of a dropped batch is skipped.
   */
  public long sequence() {
    lines.requireValid();
    return sequence;
  }

  /**
   * Returns the number that the first line of this batch has among the lines made for this sink,
   * from 1, markers at the head of a batch not counted.
   */
  public long firstLine() {
    lines.requireValid();
    return firstLine;
  }

  /**
   * Returns the number of bytes of text made for this sink before this batch, line ends included.
   */
  public long offset() {
    lines.requireValid();
    return offset;
  }

  /** Returns the bytes of all lines, with one line end each. */
  public long byteCount() {
    lines.requireValid();
    return lines.byteCount();
  }

  /** Returns the number of lines. */
  @Override
  public int size() {
    lines.requireValid();
    return lines.size();
  }

  /**
   * Returns a line as text, with U+FFFD for what is not valid UTF-8.
   *
   * @throws IndexOutOfBoundsException if there is no such line
   * @throws IllegalStateException if the batch is no longer valid
   */
  @Override
  public String get(int index) {
    Objects.checkIndex(index, size());
    try {
      LineReader reader = readerAt(index);
      reader.next();
      return reader.text();
    } catch (RuntimeException e) {
      lines.requireStillValid(); // what was taken away meanwhile may look like anything
      throw e;
    }
  }

  @Override
  public Iterator<String> iterator() {
    LineReader reader = reader();
    int count = size();
    return new Iterator<>() {
      private int index;

      @Override
      public boolean hasNext() {
        return index < count;
      }

      @Override
      public String next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        index++;
        reader.next();
        return reader.text();
      }
    };
  }

  /** Returns a reader of the lines as bytes, at its beginning. */
  public LineReader reader() {
    lines.requireValid();
    return new LineReader(lines).fromMarker(lines.headMarker());
  }

  /**
   * Returns a reader of the lines as bytes, at the beginning of a line: for a sender that sends a
   * batch in parts.
   *
   * @throws IndexOutOfBoundsException if there is no such line
   */
  public LineReader reader(int line) {
    Objects.checkIndex(line, size());
    try {
      return readerAt(line);
    } catch (RuntimeException e) {
      lines.requireStillValid(); // what was taken away meanwhile may look like anything
      throw e;
    }
  }

  /**
   * Returns the call of the sender that has this batch; for a batch made by {@link #of}, a call of
   * its own.
   */
  public SendCall call() {
    lines.requireValid();
    return call;
  }

  @Override
  public String toString() {
    return "LogBatch["
        + sequence
        + ", "
        + lines.count()
        + " lines, "
        + lines.textBytes()
        + " bytes]";
  }

  /** Returns a reader of the last lines, as many as are in the last so many bytes, or less. */
  LineReader lastLines(int maxLines, int maxBytes) {
    long before = lines.textBytes() - maxBytes;
    Segment segment = Objects.requireNonNull(lines.head());
    while (before > segment.end && segment.next != null) {
      before -= segment.end;
      segment = segment.next;
    }
    int ends = 0;
    for (Segment at = segment; at != null; at = at.next) {
      ends += LineReader.countLines(at);
    }
    int skipped = Math.max(segment == lines.head() ? 0 : 1, ends - maxLines);
    LineReader reader = new LineReader(lines);
    reader.skipTo(new LineReader.Position(segment, 0, 0, skipped));
    return reader;
  }

  void number(long sequence, long firstLine, long offset) {
    this.sequence = sequence;
    this.firstLine = firstLine;
    this.offset = offset;
  }

  private LineReader readerAt(int line) {
    if (line == 0) {
      return reader();
    }
    LineReader reader = new LineReader(lines);
    lastPosition = reader.skipTo(position(line - lines.headLines()));
    return reader;
  }

  /** Returns where to read from to come to a line soonest. */
  private LineReader.Position position(int line) {
    LineReader.Position last = lastPosition;
    if (last != null && last.linesBefore() <= line && line - last.linesBefore() <= NEAR_LINES) {
      return new LineReader.Position(last.segment(), last.offset(), last.linesBefore(), line);
    }
    LineReader.Position before = last == null ? null : stepBack(last, line);
    if (before != null) {
      return before;
    }
    return positionInIndex(line);
  }

  /** Returns where a line begins that is a little before a place, in the same segment; or null. */
  private static LineReader.@Nullable Position stepBack(LineReader.Position last, int line) {
    int steps = last.linesBefore() - line;
    if (steps <= 0 || steps > NEAR_LINES) {
      return null;
    }
    byte[] bytes = last.segment().bytes;
    int at = last.offset();
    // A line begins behind the line end before it, so one more of them is passed.
    for (int i = 0; i <= steps; i++) {
      at = Newlines.last(bytes, 0, at);
      if (at < 0) {
        return null;
      }
    }
    int begin = at + 1;
    if (last.segment().tallied) {
      begin += LineCounts.length(bytes, begin);
    }
    return new LineReader.Position(last.segment(), begin, line, line);
  }

  private LineReader.Position positionInIndex(int line) {
    int[] counts = lineEnds();
    Segment segment = Objects.requireNonNull(lines.head());
    int before = 0;
    // A line that begins in a segment's last bytes ends in a later one: its beginning is looked for
    // first.
    for (int i = 0; before + counts[i] < line; i++) {
      before += counts[i];
      segment = Objects.requireNonNull(segment.next);
    }
    return new LineReader.Position(segment, 0, before, line);
  }

  /** Returns the number of line ends in each segment. */
  private int[] lineEnds() {
    int[] counts = index;
    if (counts == null) {
      counts = new int[lines.segments()];
      int i = 0;
      for (Segment segment = lines.head();
          segment != null && i < counts.length;
          segment = segment.next) {
        counts[i++] = LineReader.countLines(segment);
      }
      index = counts;
    }
    return counts;
  }
}
