package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.invoke.VarHandle;
import java.util.AbstractList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.RandomAccess;
import org.jspecify.annotations.Nullable;

/**
 * A batch of lines in UTF-8 bytes, as a sender gets it: a read-only list that decodes a line when
 * it is asked for.
 *
 * <p>Valid until {@code send} returns; then its methods throw {@link IllegalStateException}. It may
 * be read by several threads until then. {@link List#copyOf} keeps the lines. {@link #toString}
 * gives counts only.
 */
public final class LogBatch extends AbstractList<String> implements RandomAccess {
  /** So many lines on, reading through them is cheaper than the index. */
  private static final int NEAR_LINES = 64;

  private final SendCall call;

  private long sequence;
  private long firstLine;
  private long offset;

  private @Nullable Segment head;
  private @Nullable Segment tail;
  private int segments;
  private int lines;
  private long textBytes;
  private byte @Nullable [] headMarker;

  /** Line ends by segment, made when lines are asked for out of their order. */
  private volatile int @Nullable [] index;

  /** Where the line begins that was asked for last. */
  private volatile @Nullable Position lastPosition;

  private volatile boolean ended;

  /** Account of what the job wrote for the lines in here. */
  long sourceLines;

  long sourceBytes;

  /** Bytes of the lines that stand for nothing of the job: text that processors made. */
  long addedBytes;

  /** What the markers among the lines tell of, to be handed on if they are lost. */
  final GapTally markedGaps = new GapTally();

  /** In the unit of the sender's bound. */
  long encodedBytes;

  /** When the first line was added. */
  long oldestNanos;

  /** Whether it has a line that is more than an echo of sending. */
  boolean asksToGo;

  /** The number of the job's line before the first one in here. */
  long afterLine;

  /** What was dropped before this batch; becomes its first line when it is sent. */
  final GapTally gapBefore = new GapTally();

  /** The next batch in the queue. */
  @Nullable LogBatch nextQueued;

  /** Creates a batch whose call nobody but its maker knows. */
  LogBatch() {
    call = new SendCall(this);
  }

  /**
   * Creates a shipper's batch.
   *
   * @param progress the sink's
   */
  LogBatch(SendProgress progress) {
    call = new SendCall(progress, this);
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
        throw new IllegalArgumentException("line must have no line end in it: " + batch.lines);
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
        throw new IllegalArgumentException("line must have no line feed in it: " + batch.lines);
      }
      batch.addLine(line);
    }
    return batch;
  }

  private void addLine(byte[] line) {
    while (room() < line.length + 1) {
      add(new Segment(Segment.LARGE), 1);
    }
    put(line, 0, line.length);
    put(LINE_END, 0, 1);
    countLines(1, line.length + 1L);
  }

  static final byte[] LINE_END = {'\n'};

  /**
   * Returns the number of this batch in its job, from 1. A batch that was dropped leaves its number
   * out.
   */
  public long sequence() {
    requireValid();
    return sequence;
  }

  /**
   * Returns the number that the first line of this batch has among the lines made for this sink,
   * from 1, markers at the head of a batch not counted.
   */
  public long firstLine() {
    requireValid();
    return firstLine;
  }

  /**
   * Returns the number of bytes of text made for this sink before this batch, line ends included.
   */
  public long offset() {
    requireValid();
    return offset;
  }

  /** Returns the bytes of all lines, with one line end each. */
  public long byteCount() {
    requireValid();
    byte[] marker = headMarker;
    return textBytes + (marker == null ? 0 : marker.length + 1);
  }

  /** Returns the number of lines. */
  @Override
  public int size() {
    requireValid();
    return lines + headLines();
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
      requireStillValid(); // what was taken away meanwhile may look like anything
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
    requireValid();
    return new LineReader(this).fromMarker(headMarker);
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
      requireStillValid(); // what was taken away meanwhile may look like anything
      throw e;
    }
  }

  /**
   * Returns the call of the sender that has this batch; for a batch made by {@link #of}, a call of
   * its own.
   */
  public SendCall call() {
    requireValid();
    return call;
  }

  /** Whether it was written out in full and never answered. */
  boolean isWritten() {
    return call.isWritten();
  }

  /** Returns the bytes of text made by processors behind the lines that have arrived. */
  long undeliveredAdded() {
    return addedBytes - call.deliveredAdded();
  }

  /** Tells what the job wrote for what is behind the lines that have arrived for certain. */
  void undelivered(SinkLedger.Loss loss) {
    loss.lines = sourceLines;
    loss.bytes = sourceBytes;
    call.takeDeliveredFrom(loss);
  }

  /** Returns whether a line is not known to have arrived, given how the call failed. */
  boolean isUndelivered(int index, @Nullable Throwable failure) {
    return (failure instanceof SendException e && !e.isWholeBatch())
        ? e.isUndelivered(index)
        : index >= call.deliveredLines();
  }

  @Override
  public String toString() {
    return "LogBatch[" + sequence + ", " + lines + " lines, " + textBytes + " bytes]";
  }

  void requireValid() {
    if (ended) {
      throw new IllegalStateException("the batch is no longer valid: its send has returned");
    }
  }

  boolean hasEnded() {
    return ended;
  }

  /**
   * Whether the batch has ended while its bytes were read, which then may be those of another one.
   */
  boolean hasEndedMeanwhile() {
    VarHandle.loadLoadFence(); // a read of bytes must not move behind the one of the flag
    return ended;
  }

  void requireStillValid() {
    VarHandle.loadLoadFence();
    requireValid();
  }

  /** Ends the batch: no byte of it is handed out after this. */
  void invalidate() {
    ended = true;
    VarHandle.storeStoreFence(); // a write into its segments must not move before this one
  }

  /** Returns what the job wrote for the lines in here. */
  Tally source() {
    return new Tally(sourceLines, sourceBytes);
  }

  @Nullable Segment head() {
    return head;
  }

  int segments() {
    return segments;
  }

  int lineCount() {
    return lines;
  }

  /** Returns a reader of the last lines, as many as are in the last so many bytes, or less. */
  LineReader lastLines(int maxLines, int maxBytes) {
    long before = textBytes - maxBytes;
    Segment segment = Objects.requireNonNull(head);
    while (before > segment.end && segment.next != null) {
      before -= segment.end;
      segment = segment.next;
    }
    int ends = 0;
    for (Segment at = segment; at != null; at = at.next) {
      ends += LineReader.countLines(at);
    }
    int skipped = Math.max(segment == head ? 0 : 1, ends - maxLines);
    LineReader reader = new LineReader(this);
    reader.skipTo(new Position(segment, 0, 0, skipped));
    return reader;
  }

  /** Takes the unused segments away; returns their chain. */
  @Nullable Segment trim() {
    Segment last = tail;
    if (last == null) {
      return null;
    }
    Segment spares = last.next;
    last.next = null;
    for (Segment spare = spares; spare != null; spare = spare.next) {
      segments--;
    }
    return spares;
  }

  /** Takes the segments away, for the pool. */
  @Nullable Segment detach() {
    Segment chain = head;
    head = null;
    tail = null;
    segments = 0;
    return chain;
  }

  void number(long sequence, long firstLine, long offset) {
    this.sequence = sequence;
    this.firstLine = firstLine;
    this.offset = offset;
  }

  void markHead(byte[] marker) {
    headMarker = marker;
  }

  int headLines() {
    return headMarker == null ? 0 : 1;
  }

  /** Returns the bytes that fit into the segments it has. */
  int room() {
    Segment segment = tail;
    if (segment == null) {
      return 0;
    }
    int room = segment.free();
    for (Segment spare = segment.next; spare != null; spare = spare.next) {
      room += spare.free();
    }
    return room;
  }

  /** Adds a chain of so many empty segments for what comes. */
  void add(Segment chain, int count) {
    Segment last = tail;
    if (last == null) {
      head = chain;
      tail = chain;
    } else {
      while (last.next != null) {
        last = last.next;
      }
      last.next = chain;
    }
    segments += count;
  }

  /** Whether the segment being filled has counts behind its line ends. */
  boolean isTallied() {
    return tail != null && tail.tallied;
  }

  /**
   * Returns what is lost of the room if the next lines are of another run, and if they need, or
   * must not have, counts behind line ends.
   */
  int roomLostBy(boolean tallied) {
    Segment segment = tail;
    if (segment == null || segment.end == 0) {
      return 0;
    }
    return segment.tallied == tallied ? Math.min(segment.free(), RunMarks.BYTES) : segment.free();
  }

  /**
   * Says where the lines that come now are from; between lines, and there must be room for a mark
   * more.
   *
   * @param source as {@link LineReader#source} tells it
   */
  void beginRun(int source, long millis) {
    Segment segment = Objects.requireNonNull(tail);
    if (segment.marks > 0) {
      int last = segment.marks - 1;
      if (RunMarks.turn(segment, last) == source && RunMarks.millis(segment, last) == millis) {
        return;
      }
      if (!RunMarks.hasRoom(segment)) {
        segment = advance(segment);
        last = 0;
      }
      if (RunMarks.position(segment, last) == segment.end) {
        RunMarks.set(segment, last, segment.end, source, millis); // of which no line came
        return;
      }
    }
    RunMarks.add(segment, segment.end, source, millis);
  }

  /** Goes on with counts behind line ends, or without. */
  void tally(boolean tallied) {
    Segment segment = tail;
    if (segment == null) {
      throw new IllegalStateException("no segment");
    }
    if (segment.tallied != tallied && segment.end > 0) {
      segment = advance(segment);
    }
    segment.tallied = tallied;
  }

  /** Appends bytes; there must be room. */
  void put(byte[] source, int from, int to) {
    Segment segment = tail;
    int index = from;
    while (index < to && segment != null) {
      if (segment.free() == 0) {
        segment = advance(segment);
      }
      int count = Math.min(to - index, segment.free());
      System.arraycopy(source, index, segment.bytes, segment.end, count);
      segment.end += count;
      index += count;
    }
    textBytes += to - from;
  }

  /** Ends the line of a marker, with what that tells of; there must be room as for its text. */
  void endMarker(long gapLines, long gapBytes, int reasons) {
    Segment segment = endLine(LineCounts.MARKER_TRAILER);
    segment.end = LineCounts.putMarker(segment.bytes, segment.end, gapLines, gapBytes, reasons);
    countLines(1, 0);
    markedGaps.add(gapLines, gapBytes, reasons);
  }

  /** Ends a line in a segment with counts; there must be room for the largest count besides. */
  void endTallied(long bytes, int lineCount) {
    Segment segment = endLine(LineCounts.MAX_TRAILER);
    segment.end = LineCounts.put(segment.bytes, segment.end, bytes << 1 | lineCount);
    countLines(1, 0);
    sourceBytes += bytes;
    sourceLines += lineCount;
  }

  private Segment endLine(int trailer) {
    Segment segment = tail;
    if (segment == null) {
      throw new IllegalStateException("no segment");
    }
    if (segment.free() < trailer) {
      segment = advance(segment);
    }
    segment.bytes[segment.end++] = '\n';
    textBytes++;
    return segment;
  }

  /** Counts whole lines that were put as the job wrote them. */
  void countLines(int count, long bytes) {
    lines += count;
    sourceBytes += bytes;
    if (bytes > 0) {
      sourceLines += count;
    }
  }

  private LineReader readerAt(int line) {
    if (line == 0) {
      return reader();
    }
    LineReader reader = new LineReader(this);
    lastPosition = reader.skipTo(position(line - headLines()));
    return reader;
  }

  private Segment advance(Segment full) {
    Segment segment = Objects.requireNonNull(full.next);
    segment.tallied = full.tallied;
    if (full.marks > 0) {
      int last = full.marks - 1;
      RunMarks.add(segment, 0, RunMarks.turn(full, last), RunMarks.millis(full, last));
    }
    tail = segment;
    return segment;
  }

  /** Returns where to read from to come to a line soonest. */
  private Position position(int line) {
    Position last = lastPosition;
    if (last != null && last.linesBefore <= line && line - last.linesBefore <= NEAR_LINES) {
      return new Position(last.segment, last.offset, last.linesBefore, line);
    }
    Position before = last == null ? null : stepBack(last, line);
    if (before != null) {
      return before;
    }
    return positionInIndex(line);
  }

  /** Returns where a line begins that is a little before a place, in the same segment; or null. */
  private static @Nullable Position stepBack(Position last, int line) {
    int steps = last.linesBefore - line;
    if (steps <= 0 || steps > NEAR_LINES) {
      return null;
    }
    byte[] bytes = last.segment.bytes;
    int at = last.offset;
    // A line begins behind the line end before it, so one more of them is passed.
    for (int i = 0; i <= steps; i++) {
      at = Newlines.last(bytes, 0, at);
      if (at < 0) {
        return null;
      }
    }
    int begin = at + 1;
    if (last.segment.tallied) {
      begin += LineCounts.length(bytes, begin);
    }
    return new Position(last.segment, begin, line, line);
  }

  private Position positionInIndex(int line) {
    int[] counts = lineEnds();
    Segment segment = Objects.requireNonNull(head);
    int before = 0;
    // A line that begins in a segment's last bytes ends in a later one: its beginning is looked for
    // first.
    for (int i = 0; before + counts[i] < line; i++) {
      before += counts[i];
      segment = Objects.requireNonNull(segment.next);
    }
    return new Position(segment, 0, before, line);
  }

  /** Returns the number of line ends in each segment. */
  private int[] lineEnds() {
    int[] counts = index;
    if (counts == null) {
      counts = new int[segments];
      int i = 0;
      for (Segment segment = head; segment != null && i < counts.length; segment = segment.next) {
        counts[i++] = LineReader.countLines(segment);
      }
      index = counts;
    }
    return counts;
  }

  /**
   * A place in a segment, the number of line ends before it, and the line looked for from there.
   */
  record Position(Segment segment, int offset, int linesBefore, int line) {}
}
