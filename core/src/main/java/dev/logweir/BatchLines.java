package dev.logweir;

import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a batch in segments, what the job wrote for them, and whether they may still be
 * read. Filled under the sink's lock; once the batch is sent, no line changes any more.
 *
 * <p>Room is made before lines are added. Lines that are not as the job wrote them have a count
 * behind their end ({@link LineCounts}); a segment has such lines or others, and {@link RunMarks}
 * of where they are from.
 */
final class BatchLines extends SegmentRow {
  static final byte[] LINE_END = {'\n'};

  private int lineCount;
  private long textBytes;

  /** Account of what the job wrote for the lines in here. */
  private long sourceLines;

  private long sourceBytes;

  /** Bytes of the lines that stand for nothing of the job: text that processors made. */
  private long addedBytes;

  /** What the markers among the lines report, to be handed on if they are lost. */
  final GapTally markedGaps = new GapTally();

  /** A line in front of the others, which is in no segment. */
  private byte @Nullable [] headMarker;

  private volatile boolean ended;

  // ---- whether they may be read ----

  /**
   * @throws IllegalStateException if they may not
   */
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

  // ---- looking at them ----

  /** Returns the number of lines, with the one in front of them. */
  int size() {
    return lineCount + headLines();
  }

  int headLines() {
    return headMarker == null ? 0 : 1;
  }

  byte @Nullable [] headMarker() {
    return headMarker;
  }

  void markHead(byte[] marker) {
    headMarker = marker;
  }

  /** Returns the bytes of all lines, with the one in front of them, and their ends. */
  long byteCount() {
    byte[] marker = headMarker;
    return textBytes + (marker == null ? 0 : marker.length + 1);
  }

  int segments() {
    return count;
  }

  /** Returns the number of lines in the segments. */
  int count() {
    return lineCount;
  }

  /** Returns the bytes of the lines in the segments, with their ends. */
  long textBytes() {
    return textBytes;
  }

  long sourceLines() {
    return sourceLines;
  }

  long sourceBytes() {
    return sourceBytes;
  }

  long addedBytes() {
    return addedBytes;
  }

  /** Returns what the job wrote for the lines in here. */
  Tally source() {
    return new Tally(sourceLines, sourceBytes);
  }

  /** Whether the segment being filled has counts behind its line ends. */
  boolean isTallied() {
    Segment segment = tail();
    return segment != null && segment.tallied;
  }

  // ---- room ----

  /** Whether so many bytes fit into the segment being filled, as the job wrote them. */
  boolean fits(int bytes) {
    Segment segment = tail();
    return segment != null
        && segment.end > 0
        && !segment.tallied
        && segment.free() - RunMarks.BYTES >= bytes;
  }

  /** Returns the bytes that fit into the segments it has. */
  int room() {
    Segment segment = tail();
    return (segment == null ? 0 : segment.free()) + spareBytes();
  }

  /**
   * Returns what is lost of the room if the next lines are of another run, and if they need, or
   * must not have, counts behind line ends.
   */
  int roomLostBy(boolean tallied) {
    Segment segment = tail();
    if (segment == null || segment.end == 0) {
      return 0;
    }
    return segment.tallied == tallied ? Math.min(segment.free(), RunMarks.BYTES) : segment.free();
  }

  private int spareBytes() {
    int room = 0;
    for (Segment spare = spares; spare != null; spare = spare.next) {
      room += spare.free();
    }
    return room;
  }

  /** Takes the unused segments away; returns their chain. */
  @Nullable Segment takeUnused() {
    Segment chain = spares;
    spares = null;
    for (Segment spare = chain; spare != null; spare = spare.next) {
      count--;
    }
    return chain;
  }

  /** Takes all segments away, for the pool; in a time that does not grow with their number. */
  @Nullable Segment takeSegments() {
    Segment chain = head;
    head = null;
    tail = null;
    spares = null;
    count = 0;
    return chain;
  }

  // ---- filling ----

  /**
   * Says where the lines that come now are from, and whether they get counts; between lines, and
   * there must be room for a mark more.
   *
   * @param source as {@link LineReader#source} tells it
   */
  void beginRun(boolean tallied, int source, long millis) {
    Segment segment = tally(tallied);
    if (segment.marks > 0) {
      int last = segment.marks - 1;
      if (RunMarks.turn(segment, last) == source && RunMarks.millis(segment, last) == millis) {
        return;
      }
      if (!RunMarks.hasRoom(segment)) {
        segment = advance();
        last = 0;
      }
      if (RunMarks.position(segment, last) == segment.end) {
        RunMarks.set(segment, last, segment.end, source, millis); // of which no line came
        return;
      }
    }
    RunMarks.add(segment, segment.end, source, millis);
  }

  /** Goes on with counts behind line ends, or without; returns the segment being filled. */
  private Segment tally(boolean tallied) {
    Segment segment = tail();
    if (segment == null || (segment.tallied != tallied && segment.end > 0)) {
      segment = advance();
    }
    segment.tallied = tallied;
    return segment;
  }

  /** Appends bytes. */
  void put(byte[] source, int from, int to) {
    int index = from;
    while (index < to) {
      Segment segment = roomy(1);
      int bytes = Math.min(to - index, segment.free());
      System.arraycopy(source, index, segment.bytes, segment.end, bytes);
      segment.end += bytes;
      index += bytes;
    }
    textBytes += to - from;
  }

  /** Appends a line as the job wrote it, behind a prefix, with its count; there must be room. */
  void putTallied(byte[] prefix, int prefixLength, byte[] source, int from, int to) {
    Segment segment = roomy(1);
    int length = to - from;
    if (segment.free() < prefixLength + length + LineCounts.MAX_TRAILER) {
      put(prefix, 0, prefixLength);
      put(source, from, to);
      endTallied(length + 1L, 1);
      return;
    }
    byte[] bytes = segment.bytes;
    int end = segment.end;
    System.arraycopy(prefix, 0, bytes, end, prefixLength);
    System.arraycopy(source, from, bytes, end + prefixLength, length);
    end += prefixLength + length;
    bytes[end] = '\n';
    segment.end = LineCounts.put(bytes, end + 1, (length + 1L) << 1 | 1);
    textBytes += prefixLength + length + 1;
    lineCount++;
    sourceBytes += length + 1;
    sourceLines++;
  }

  /** Ends the line of a marker, with what it reports; there must be room as for its text. */
  void endMarker(long gapLines, long gapBytes, int reasons) {
    Segment segment = endLine(LineCounts.MARKER_TRAILER);
    segment.end = LineCounts.putMarker(segment.bytes, segment.end, gapLines, gapBytes, reasons);
    lineCount++;
    markedGaps.add(gapLines, gapBytes, reasons);
  }

  /** Ends a line in a segment with counts; there must be room for the largest count besides. */
  void endTallied(long bytes, int ends) {
    Segment segment = endLine(LineCounts.MAX_TRAILER);
    segment.end = LineCounts.put(segment.bytes, segment.end, bytes << 1 | ends);
    lineCount++;
    sourceBytes += bytes;
    sourceLines += ends;
  }

  /** Ends a line that is as the job wrote it. */
  void endPlain(long bytes) {
    put(LINE_END, 0, 1);
    countPlain(1, bytes);
  }

  /** Counts whole lines that were put as the job wrote them. */
  void countPlain(int lines, long bytes) {
    lineCount += lines;
    sourceBytes += bytes;
    sourceLines += lines;
  }

  /** Counts a line that stands for nothing of the job. */
  void countAdded(long bytes) {
    addedBytes += bytes;
  }

  private Segment endLine(int trailer) {
    Segment segment = roomy(trailer);
    segment.bytes[segment.end++] = '\n';
    textBytes++;
    return segment;
  }

  private Segment roomy(int bytes) {
    Segment segment = tail();
    return segment == null || segment.free() < bytes ? advance() : segment;
  }

  /** Goes on with the next segment, which begins with the kind and the run of the one before. */
  @Override
  Segment advance() {
    Segment full = tail();
    Segment segment = super.advance();
    if (full != null) {
      segment.tallied = full.tallied;
      if (full.marks > 0) {
        int last = full.marks - 1;
        RunMarks.add(segment, 0, RunMarks.turn(full, last), RunMarks.millis(full, last));
      }
    }
    return segment;
  }
}
