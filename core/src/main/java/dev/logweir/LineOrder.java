package dev.logweir;

/**
 * Where the lines of one stream stand in the order of both: it marks in the segments which lines
 * came together, in which turn and when. Guarded by its store's lock.
 *
 * <p>A turn is what one stream was given between two lines of the other. The turn under way is the
 * job's ({@link DrainContext#turn}); its lowest bit says whose it is. Only its own stream moves the
 * turn to itself, under its lock, so that this needs no compare-and-set, and a job that uses one
 * stream only reads it.
 */
final class LineOrder {
  /*
   * A mark is a record in a segment: from this line end on, lines are of this turn and came at
   * this time. All lines up to the next mark are of one run. The first line end of each segment
   * has a mark, so that a segment can be read, and given back, without the one before it.
   *
   * The room for further marks is bounded. Where it is spent, lines count as a part of the run
   * before: their time is then that of the run, and they may come in front of lines of the other
   * stream that were written before them. Half of the marks are kept for changes of the turn, so
   * that times alone never use up the room.
   */

  /** One part in so many of a buffer may be marks, beside the first mark of each segment. */
  private static final int MARKS_SHARE = 8;

  private final DrainContext drain;

  /** 0 or 1, as the lowest bit of the stream's turns. */
  private final int stream;

  /** Of lines that wait in the buffer, beside the first of each segment. */
  private int marks;

  /** How many of the first segment's marks are of lines that were read, and count no longer. */
  private int readMarks;

  /** Of the lines that came last. */
  private int turn;

  /** Gives the times at which they came. */
  private final ArrivalClock clock = new ArrivalClock();

  /** Whether the run of the write under way is known: all of its lines are of one. */
  private boolean decided;

  LineOrder(DrainContext drain, LogSource source) {
    this.drain = drain;
    stream = source.ordinal();
  }

  /** Returns how many marks there may be of lines that wait, beside the first of each segment. */
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
  void endRun() {
    clock.lookAtNext();
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
      if (others || clock.isDue()) {
        if (first || (RunMarks.hasRoom(segment) && marks < maxMarks())) {
          begins |= begin(others, first);
        } else {
          // The lines are of the run before, and the turn stays the other's.
          clock.lookAtNext();
        }
      }
    }
    if (begins) {
      RunMarks.add(segment, segment.linesEnd, turn, clock.millis());
      marks += first ? 0 : 1;
    }
  }

  /** Whether a segment has room for one more mark, so that a line that ends there has its place. */
  boolean hasRoom(Segment segment) {
    return segment.marks == 0 || RunMarks.hasRoom(segment);
  }

  /** Begins a run, unless it would be of the same turn and time; returns whether it did. */
  private boolean begin(boolean others, boolean first) {
    boolean later = clock.look(drain.job.engine.time.nanoTime());
    if (others) {
      turn = drain.takeTurn();
    } else if (!later || !(first || marks < maxMarks() / 2)) {
      return false; // half of the marks are kept for turns
    }
    if (later) {
      clock.beginRun(drain.job.engine.time.currentTimeMillis());
    }
    return true;
  }

  /** Returns the turn of what comes now and is no line: a gap, or the end. */
  int takeTurn() {
    if (!isTurn()) {
      turn = drain.takeTurn();
      clock.lookAtNext();
    }
    return turn;
  }

  private boolean isTurn() {
    return (drain.turn() & 1) == stream;
  }

  /** Takes note that the marks of the first segment are gone. */
  void released(int segmentMarks) {
    marks -= Math.max(0, segmentMarks - 1) - readMarks;
    readMarks = 0;
  }

  /** Takes note of how far the first segment was read; that holds the marks of all that waits. */
  void read(Segment first) {
    int read = Math.max(0, RunMarks.at(first, readMarks, first.marks, first.start));
    marks -= read - readMarks;
    readMarks = read;
  }
}
