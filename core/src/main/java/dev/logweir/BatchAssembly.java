package dev.logweir;

import org.jspecify.annotations.Nullable;

/**
 * The batch being assembled, bounded by {@code maxSize} and by what the server takes. Guarded by
 * its sink's lock.
 */
final class BatchAssembly {
  /** Of a segment: what may be left unused when whole lines follow lines with counts. */
  private static final int WASTE_SHARE = 8;

  private final SegmentAccount account;
  private final SendProgress progress;
  private final EngineTime time;
  private final int maxSegments;
  private final long maxEncoded;
  private @Nullable LogBatch open;

  /** Whether lines are about to be added for which room was made: the open batch waits for them. */
  private boolean reserved;

  /** What was lost behind the open batch, so that what follows is for the next. */
  private final GapTally gapBehind = new GapTally();

  /** Where the lines that are added now are from, and when they came. */
  private byte source = LineReader.NO_SOURCE;

  private long millis;

  /** Says when lines come that come now. */
  private final ArrivalClock clock = new ArrivalClock();

  /** What the clock said in the call of the sink that is under way, if it was looked at. */
  private long nowNanos;

  private boolean knowsNow;

  private long made;
  private long madeLines;
  private long madeBytes;

  BatchAssembly(
      SegmentAccount account,
      SendProgress progress,
      EngineTime time,
      int maxSize,
      long maxEncoded) {
    this.account = account;
    this.progress = progress;
    this.time = time;
    this.maxSegments = maxSize / account.nominal();
    this.maxEncoded = maxEncoded;
  }

  @Nullable LogBatch open() {
    return open;
  }

  /** Returns the number of the batch that was begun last, 0 before the first. */
  long lastNumber() {
    return made;
  }

  boolean isEmpty() {
    return open == null || open.lineCount() == 0;
  }

  /** Room was made for lines that are about to be added; or they were, or do not come. */
  void reserved(boolean forLines) {
    reserved = forLines;
  }

  /** Returns the open batch if it could go: if it has lines, and none are about to be added. */
  @Nullable LogBatch ready() {
    return isEmpty() || reserved ? null : open;
  }

  /** Returns the open batch, a new one if there is none; null if there is no memory for it. */
  @Nullable LogBatch begin(long afterLine) {
    LogBatch batch = open;
    if (batch == null) {
      try {
        batch = new LogBatch(progress);
      } catch (OutOfMemoryError ignored) {
        return null;
      }
      batch.number(++made, madeLines + 1, madeBytes);
      batch.afterLine = afterLine;
      open = batch;
    }
    return batch;
  }

  /** Lets nothing more into the open batch: a gap follows it, which is to be added to. */
  GapTally fill() {
    return gapBehind;
  }

  /** Hands on the gap behind the batch that was the open one, once that has its place. */
  void giveGapTo(BatchQueue queue) {
    queue.gapBehind().add(gapBehind);
    gapBehind.clear();
  }

  /** Says where the lines are from that are added next, and when they came. */
  void arrived(int source, long millis) {
    this.source = (byte) source;
    this.millis = millis;
    clock.endRun();
  }

  /**
   * Says where the lines are from that are added next, and that they come now. Ended by {@link
   * #forgetNow}.
   *
   * @param looks whether the clock is looked at anyway
   */
  void arrivesNow(int source, boolean looks) {
    if (looks) {
      nowNanos = time.nanoTime();
      knowsNow = true;
    }
    if (clock.isDue() || looks || source != this.source || isEmpty()) {
      this.source = (byte) source;
      if (clock.look(nanoTime())) {
        clock.beginRun(time.currentTimeMillis());
      }
      millis = clock.millis();
    }
  }

  /** Returns the time, and does not look at the clock for it where that was done already. */
  long nanoTime() {
    return knowsNow ? nowNanos : time.nanoTime();
  }

  void forgetNow() {
    knowsNow = false;
  }

  /** Takes note of when the first line came. */
  private void touch(LogBatch batch) {
    if (batch.lineCount() == 0) {
      batch.oldestNanos = nanoTime();
    }
  }

  /** Goes on with counts behind line ends, or without, and with the lines' run. */
  private void begin(LogBatch batch, boolean tallied) {
    touch(batch);
    batch.tally(tallied);
    batch.beginRun(source, millis);
  }

  /** Whether the open batch is below its bounds with so much more in it. */
  boolean takes(LogBatch batch, int bytes, boolean tallied, long encoded) {
    if (batch.lineCount() == 0) {
      return roomIn(batch, tallied) >= bytes;
    }
    return gapBehind.isEmpty()
        && roomIn(batch, tallied) >= bytes
        && batch.encodedBytes + encoded <= maxEncoded;
  }

  private int roomIn(LogBatch batch, boolean tallied) {
    int more = (maxSegments - batch.segments()) * account.capacity();
    return usable(batch, tallied) + more;
  }

  private static int usable(LogBatch batch, boolean tallied) {
    return batch.room() - batch.roomLostBy(tallied);
  }

  /**
   * Takes the segments for so many bytes; returns for how many bytes, below {@code min} 0, there is
   * room.
   */
  int reserve(LogBatch batch, int min, int wanted, boolean tallied) {
    int segments = missing(batch, min, tallied);
    if (segments > 0) {
      // All or none: jobs that wait for more with some in hand might wait for each other.
      Segment chain = account.take(segments);
      if (chain == null) {
        return 0;
      }
      batch.add(chain, segments);
    }
    int aim = Math.min(wanted, roomIn(batch, tallied));
    while (usable(batch, tallied) < aim) {
      Segment segment = account.take();
      if (segment == null) {
        break;
      }
      batch.add(segment, 1);
    }
    return Math.min(usable(batch, tallied), wanted);
  }

  /** Returns how many segments a batch lacks for so many bytes. */
  private int missing(LogBatch batch, int bytes, boolean tallied) {
    return segmentsFor(bytes - usable(batch, tallied));
  }

  private int segmentsFor(int bytes) {
    return Math.max(0, bytes + account.capacity() - 1) / account.capacity();
  }

  /** Returns what room for so many bytes costs of the budget. */
  long cost(int bytes, boolean tallied, long encoded) {
    LogBatch batch = open;
    if (batch != null && takes(batch, bytes, tallied, encoded)) {
      return account.cost(missing(batch, bytes, tallied));
    }
    return account.cost(segmentsFor(bytes));
  }

  /** Whether lines one by one fill what a run of whole lines would leave unused. */
  boolean prefersLines() {
    LogBatch batch = open;
    return batch != null && batch.roomLostBy(false) > account.capacity() / WASTE_SHARE;
  }

  /** Adds whole lines as the job wrote them. */
  void addLines(LogBatch batch, byte[] bytes, int from, int end, int lines) {
    begin(batch, false);
    batch.put(bytes, from, end);
    batch.countLines(lines, end - from);
    madeLines += lines;
    madeBytes += end - from;
  }

  /**
   * Adds a run of whole lines.
   *
   * @param tallied whether they get counts, as they must where they have prefixes
   */
  void addRun(LogBatch batch, LineRun run, boolean tallied) {
    if (!tallied) {
      addLines(batch, run.bytes, run.from, run.end, run.lines);
      return;
    }
    begin(batch, true);
    RunPrefix prefix = run.prefix;
    long number = run.firstNumber;
    int line = run.from;
    while (line < run.end) {
      int lineEnd = Newlines.first(run.bytes, line, run.end);
      if (prefix != null) {
        int length = prefix.prefix(number);
        batch.put(prefix.prefixBytes(), 0, length);
        madeBytes += length;
      }
      batch.put(run.bytes, line, lineEnd);
      batch.endTallied(lineEnd + 1L - line, 1);
      line = lineEnd + 1;
      number++;
    }
    madeLines += run.lines;
    madeBytes += run.end - run.from;
  }

  /** Whether a line is as the job wrote it, so that its length tells its count. */
  static boolean isPlain(LogLine piece) {
    return piece.isWhole() && piece.sourceLines == 1 && piece.sourceBytes == piece.length() + 1L;
  }

  /** Whether a line that comes next gets its count behind its end. */
  boolean needsCounts(boolean plain) {
    LogBatch batch = open;
    return batch == null ? !plain : needsCounts(batch, plain);
  }

  /** Whether a line gets its count behind its end: one that is plain only among such lines. */
  static boolean needsCounts(LogBatch batch, boolean plain) {
    return !plain || batch.isTallied();
  }

  /**
   * Adds a line, or a fragment with its mark.
   *
   * @param token the job's, for the mark
   */
  void addPiece(LogBatch batch, LogLine piece, Markers.Mark mark, int token, long encoded) {
    boolean plain = !needsCounts(batch, isPlain(piece));
    begin(batch, !plain);
    batch.put(piece.array(), piece.offset(), piece.offset() + piece.length());
    mark.put(batch, token);
    if (plain) {
      batch.put(LogBatch.LINE_END, 0, 1);
      batch.countLines(1, piece.sourceBytes);
    } else {
      batch.endTallied(piece.sourceBytes, piece.sourceLines);
    }
    if ((piece.sourceBytes | piece.sourceLines) == 0) {
      batch.addedBytes += piece.length() + mark.length() + 1L;
    }
    count(batch, piece.length() + mark.length(), encoded);
  }

  /** Adds the text of a gap's marker, which {@link LogBatch#endMarker} is to end. */
  void addMarker(LogBatch batch, byte[] text, long encoded) {
    begin(batch, true);
    batch.put(text, 0, text.length);
    count(batch, text.length, encoded);
  }

  private void count(LogBatch batch, int length, long encoded) {
    madeLines++;
    madeBytes += length + 1L;
    batch.encodedBytes += encoded;
  }

  /** Takes the open batch away, without the segments it has not used. */
  LogBatch close(LogBatch batch) {
    open = null;
    giveSpares(batch);
    return batch;
  }

  /** Takes the open batch away as it is; null if there is none. */
  @Nullable LogBatch giveUp() {
    LogBatch batch = open;
    open = null;
    return batch;
  }

  /** Gives back the segments that a batch has not used. */
  void giveSpares(LogBatch batch) {
    int before = batch.segments();
    Segment spares = batch.trim();
    account.give(before - batch.segments());
    account.recycle(spares);
  }

  /** Makes the closed batch the open one again. */
  void reopen(LogBatch batch) {
    open = batch;
  }

  Tally held() {
    return open == null ? Tally.NONE : open.source();
  }
}
