package dev.logweir;

import org.jspecify.annotations.Nullable;

/**
 * The batch being assembled, bounded by {@code maxSize} and by what the server takes. Guarded by
 * its sink's lock.
 */
final class BatchAssembly {
  /*
   * At most one batch is open. Adding takes two steps: reserve takes the segments, and may have no
   * memory for them; the calls that add then put bytes into room that is there, and cannot fail
   * half-way.
   *
   * A gap may lie behind the open batch. From then on nothing more goes into that batch, and what
   * comes next begins another, so that the marker of the gap stands where the lines are missing.
   */

  /** Of a segment: what may be left unused when whole lines follow lines with counts. */
  private static final int WASTE_SHARE = 8;

  private final SegmentAccount account;
  private final SendProgress progress;
  private final EngineTime time;
  private final int maxSegments;
  private final long maxEncoded;
  private @Nullable SinkBatch open;

  /** Whether lines are about to be added for which room was made: the open batch waits for them. */
  private boolean reserved;

  /** What was lost behind the open batch: lines that follow go into the next. */
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

  @Nullable SinkBatch open() {
    return open;
  }

  /** Returns the number of the batch that was begun last, 0 before the first. */
  long lastNumber() {
    return made;
  }

  boolean isEmpty() {
    return open == null || open.isEmpty();
  }

  /** Room was made for lines that are about to be added; or they were, or do not come. */
  void setReserved(boolean forLines) {
    reserved = forLines;
  }

  /** Returns the open batch if it could go: if it has lines, and none are about to be added. */
  @Nullable SinkBatch ready() {
    return isEmpty() || reserved ? null : open;
  }

  /** Returns the open batch, a new one if there is none; null if there is no memory for it. */
  @Nullable SinkBatch begin(long afterLine) {
    SinkBatch batch = open;
    if (batch == null) {
      try {
        batch = new SinkBatch(new LogBatch(progress), afterLine);
      } catch (OutOfMemoryError ignored) {
        return null;
      }
      batch.list.number(++made, madeLines + 1, madeBytes);
      open = batch;
    }
    return batch;
  }

  /** Lets nothing more into the open batch: a gap follows it, which is to be added to. */
  GapTally fill() {
    return gapBehind;
  }

  /** Hands on the gap behind the batch that was the open one, after that batch was queued. */
  void giveGapTo(BatchQueue queue) {
    queue.gapBehind().add(gapBehind);
    gapBehind.clear();
  }

  /** Says where the lines are from that are added next, and when they came. */
  void setOrigin(int source, long millis) {
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
  void setOriginNow(int source, boolean looks) {
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
  private void touch(SinkBatch batch) {
    if (batch.isEmpty()) {
      batch.oldestNanos = nanoTime();
    }
  }

  /** Goes on with counts behind line ends, or without, and with the lines' run. */
  private void begin(SinkBatch batch, boolean tallied) {
    touch(batch);
    batch.lines.beginRun(tallied, source, millis);
  }

  /** Whether the open batch is below its bounds with so much more in it. */
  boolean takes(SinkBatch batch, int bytes, boolean tallied, long encoded) {
    if (batch.isEmpty()) {
      return roomIn(batch, tallied) >= bytes;
    }
    return gapBehind.isEmpty()
        && roomIn(batch, tallied) >= bytes
        && batch.encodedBytes + encoded <= maxEncoded;
  }

  /**
   * Whether so many bytes, as the job wrote them, have room where the lines of the open batch end;
   * for a server that bounds no batch.
   */
  boolean fits(int bytes) {
    SinkBatch batch = open;
    return batch != null && !batch.isEmpty() && gapBehind.isEmpty() && batch.lines.fits(bytes);
  }

  private int roomIn(SinkBatch batch, boolean tallied) {
    int more = (maxSegments - batch.lines.segments()) * account.capacity();
    return usable(batch, tallied) + more;
  }

  private static int usable(SinkBatch batch, boolean tallied) {
    return batch.lines.room() - batch.lines.roomLostBy(tallied);
  }

  /**
   * Takes the segments for so many bytes, or for {@code min} of them and more as {@link #room}
   * says.
   */
  Room reserve(SinkBatch batch, int min, int wanted, boolean tallied) {
    int segments = missing(batch, min, tallied);
    // All or none: jobs that wait for more with some in hand might wait for each other.
    Room room = segments > 0 ? account.take(segments, batch.lines) : Room.THERE;
    int aim = room == Room.THERE ? Math.min(wanted, roomIn(batch, tallied)) : 0;
    boolean more = true;
    while (more && usable(batch, tallied) < aim) {
      more = account.take(1, batch.lines) == Room.THERE;
    }
    return room;
  }

  /** Returns for how many bytes there is room in the segments that the open batch has. */
  int room(boolean tallied) {
    SinkBatch batch = open;
    return batch == null ? 0 : usable(batch, tallied);
  }

  /** Returns how many segments a batch lacks for so many bytes. */
  private int missing(SinkBatch batch, int bytes, boolean tallied) {
    return segmentsFor(bytes - usable(batch, tallied));
  }

  private int segmentsFor(int bytes) {
    return Math.max(0, bytes + account.capacity() - 1) / account.capacity();
  }

  /** Returns what room for so many bytes costs of the budget. */
  long cost(int bytes, boolean tallied, long encoded) {
    SinkBatch batch = open;
    if (batch != null && takes(batch, bytes, tallied, encoded)) {
      return account.cost(missing(batch, bytes, tallied));
    }
    return account.cost(segmentsFor(bytes));
  }

  /** Whether lines one by one fill what a run of whole lines would leave unused. */
  boolean wastesRoomOnRuns() {
    SinkBatch batch = open;
    return batch != null && batch.lines.roomLostBy(false) > account.capacity() / WASTE_SHARE;
  }

  /** Adds whole lines as the job wrote them. */
  void addLines(SinkBatch batch, byte[] bytes, int from, int end, int lines) {
    begin(batch, false);
    batch.lines.put(bytes, from, end);
    batch.lines.countPlain(lines, end - from);
    madeLines += lines;
    madeBytes += end - from;
  }

  /**
   * Adds a run of whole lines.
   *
   * @param tallied whether they get counts, as they must where they have prefixes
   */
  void addRun(SinkBatch batch, LineRun run, boolean tallied) {
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
      int length = prefix == null ? 0 : prefix.prefix(number);
      byte[] inFront = prefix == null ? Segment.NO_BYTES : prefix.prefixBytes();
      batch.lines.putTallied(inFront, length, run.bytes, line, lineEnd);
      madeBytes += length;
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
    SinkBatch batch = open;
    return batch == null ? !plain : needsCounts(batch, plain);
  }

  /** Whether a line gets its count behind its end: one that is plain only among such lines. */
  static boolean needsCounts(SinkBatch batch, boolean plain) {
    return !plain || batch.lines.isTallied();
  }

  /**
   * Adds a line, or a fragment with its mark.
   *
   * @param token the job's, for the mark
   */
  void addPiece(SinkBatch batch, LogLine piece, Markers.Mark mark, int token, long encoded) {
    boolean plain = !needsCounts(batch, isPlain(piece));
    begin(batch, !plain);
    batch.lines.put(piece.array(), piece.offset(), piece.offset() + piece.length());
    mark.put(batch.lines, token);
    if (plain) {
      batch.lines.endPlain(piece.sourceBytes);
    } else {
      batch.lines.endTallied(piece.sourceBytes, piece.sourceLines);
    }
    if ((piece.sourceBytes | piece.sourceLines) == 0) {
      batch.lines.countAdded(piece.length() + mark.length() + 1L);
    }
    count(batch, piece.length() + mark.length(), encoded);
  }

  /** Adds the text of a gap's marker, which {@link BatchLines#endMarker} is to end. */
  void addMarker(SinkBatch batch, byte[] text, long encoded) {
    begin(batch, true);
    batch.lines.put(text, 0, text.length);
    count(batch, text.length, encoded);
  }

  private void count(SinkBatch batch, int length, long encoded) {
    madeLines++;
    madeBytes += length + 1L;
    batch.encodedBytes += encoded;
  }

  /** Takes the open batch away, without the segments it has not used. */
  SinkBatch close(SinkBatch batch) {
    open = null;
    giveSpares(batch);
    return batch;
  }

  /** Takes the open batch away as it is; null if there is none. */
  @Nullable SinkBatch giveUp() {
    SinkBatch batch = open;
    open = null;
    return batch;
  }

  /** Gives back the segments that a batch has not used. */
  void giveSpares(SinkBatch batch) {
    int before = batch.lines.segments();
    Segment spares = batch.lines.takeUnused();
    account.give(before - batch.lines.segments());
    account.recycle(spares);
  }

  /** Makes the closed batch the open one again. */
  void reopen(SinkBatch batch) {
    open = batch;
  }

  Tally held() {
    return open == null ? Tally.NONE : open.lines.source();
  }
}
