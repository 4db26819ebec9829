package dev.logweir;

/**
 * Where the lines of one stream stand in the order of both: it marks in the segments which lines
 * came together, in which turn and when. Guarded by the buffer's lock.
 *
 * <p>A turn is what one stream was given between two lines of the other. The turn under way is the
 * job's ({@link DrainContext#turn}); its lowest bit says whose it is. Only its own stream moves the
 * turn to itself, under its lock, so that this needs no compare-and-set, and a job that uses one
 * stream only reads it.
 */
final class LineOrder {
  /** One part in so many of a buffer may be marks, beside the first mark of each segment. */
  private static final int MARKS_SHARE = 8;

  /** Lines that come within that time of each other are of one run. */
  static final long RUN_MILLIS = 10;

  /** So many writes may be of one run before the clock is read. */
  static final int RUN_WRITES = 16;

  private final DrainContext drain;

  /** 0 or 1, as the lowest bit of the stream's turns. */
  private final int stream;

  /** In the buffer, beside the first of each segment. */
  private int marks;

  /** Of the lines that came last, and when they came. */
  private int turn;

  private long millis;

  /** How many writes may come before the clock is read; 0 once the drain has looked. */
  private byte writesLeft;

  /** Whether the run of the write under way is known: all of its lines are of one. */
  private boolean decided;

  LineOrder(DrainContext drain, LogSource source) {
    this.drain = drain;
    stream = source.ordinal();
  }

  /** Returns how many marks there may be in a buffer, beside the first of each segment. */
  static int maxMarks(int maxSize) {
    return maxSize / MARKS_SHARE / RunMarks.BYTES;
  }

  private int maxMarks() {
    return maxMarks(drain.job.settings.maxSize);
  }

  void beginWrite() {
    decided = false;
  }

  /** The drain has seen what came so far: what comes now is of another run. */
  void looked() {
    writesLeft = 0;
  }

  /**
   * Marks the lines that end in the bytes put into a segment last, before it takes note of them.
   */
  void mark(Segment segment) {
    boolean first = segment.marks == 0;
    boolean begins = first;
    if (!decided) {
      decided = true;
      boolean others = !isTurn();
      if (others || --writesLeft < 0) {
        writesLeft = 0;
        // Where no mark fits, the lines are of the run before, and the turn stays the other's.
        if (first || (RunMarks.hasRoom(segment) && marks < maxMarks())) {
          begins |= begin(others, first);
        }
      }
    }
    if (begins) {
      RunMarks.add(segment, segment.linesEnd, turn, millis);
      marks += first ? 0 : 1;
    }
  }

  /** Whether a segment has room for one more mark, so that a line that ends there has its place. */
  boolean hasRoom(Segment segment) {
    return segment.marks == 0 || RunMarks.hasRoom(segment);
  }

  /** Begins a run, unless it would be of the same turn and time; returns whether it did. */
  private boolean begin(boolean others, boolean first) {
    long now = drain.job.engine.time.currentTimeMillis();
    writesLeft = RUN_WRITES - 1;
    if (others) {
      turn = drain.takeTurn();
    } else if (Math.abs(now - millis) < RUN_MILLIS || !(first || marks < maxMarks() / 2)) {
      return false; // half of the marks are kept for turns
    }
    millis = now;
    return true;
  }

  /** Returns the turn of what comes now and is no line: a gap, or the end. */
  int takeTurn() {
    if (!isTurn()) {
      turn = drain.takeTurn();
      writesLeft = 0; // the next line has a time of its own
    }
    return turn;
  }

  private boolean isTurn() {
    return (drain.turn() & 1) == stream;
  }

  /** Takes note that the marks of a segment are gone. */
  void released(int segmentMarks) {
    marks -= Math.max(0, segmentMarks - 1);
  }
}
