package dev.logweir;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where a drain stands in one stream, and what comes next there: with its place in the order of
 * both streams. Lent for a pass, and used by one thread at a time.
 */
final class StreamCursor {
  /*
   * It reads what the store's snapshot shows, without the store's lock. How far a segment was read
   * stays in the segment (Segment.start, takenLines, gapTaken), so that the next pass begins there,
   * with whatever cursor.
   *
   * A run of lines has its turn and time in a mark of the segment in which the first of them ends
   * (RunMarks). A line that has not ended has none: as it came before whatever is not written yet, it
   * stands at the last turn of its stream that the pass takes.
   */

  /** What comes next. */
  enum Next {
    /** Nothing that is complete. */
    NOTHING,
    /** The record of a gap, in front of a segment. */
    GAP,
    /** Whole lines of one run, within a segment; or, of the first, what fragments have left. */
    LINES,
    /**
     * A line that goes on in further segments, or does not end with a line end; or its fragment.
     */
    LINE,
    /** The gap at the end, which may go on. */
    LAST_GAP,
    /** The end of the stream. */
    END
  }

  private final StreamView view = new StreamView();

  private @Nullable Segment at;

  /** The mark of the line at that place. */
  private int mark;

  private Next next = Next.NOTHING;
  private int turn;
  private long millis;

  /** The last turn that the pass takes, and when it began. */
  private int lastTurn;

  private long passMillis;

  /** Behind the last of the lines that come next. */
  private int runEnd;

  /** Of the line that comes next: as much as was found, not more than asked for by much. */
  private int length;

  private boolean whole;
  private boolean cut;

  /** Whether it is known where the line ends of which fragments are taken. */
  private boolean farEndKnown;

  private boolean lastGapTaken;

  /**
   * Begins a pass over what the view shows.
   *
   * @param upTo the turn of the job: that and those before are complete in the snapshot, of the
   *     stream whose turn it is not
   */
  void begin(int upTo, long nowMillis) {
    at = view.head;
    mark = 0;
    lastTurn = upTo;
    passMillis = nowMillis;
    farEndKnown = false;
    lastGapTaken = false;
  }

  /** Returns what it reads, to be filled before a pass. */
  StreamView view() {
    return view;
  }

  /** Keeps nothing alive of what it has read. */
  void clear() {
    view.clear();
    at = null;
    next = Next.NOTHING;
  }

  // ---- what comes next ----

  /**
   * Looks at what comes next.
   *
   * @param stream 0 or 1, as the lowest bit of the stream's turns
   * @param maxLine from how many bytes on a fragment is taken of a line that has not ended
   */
  Next look(int stream, int maxLine) {
    skipRead();
    Segment segment = at;
    if (segment != null && segment.hasGap && !segment.gapTaken) {
      next = Next.GAP;
      turn = RunMarks.gapTurn(segment);
    } else if (segment == null || segment.start == view.end(segment)) {
      lookAtEnd();
    } else if (view.linesEnd(segment) > segment.start) {
      int marks = view.marks(segment);
      mark = Math.max(0, RunMarks.at(segment, mark, marks, segment.start));
      takeMark(segment, mark);
      boolean last = mark + 1 >= marks;
      runEnd = last ? view.linesEnd(segment) : RunMarks.position(segment, mark + 1);
      next = Next.LINES;
    } else {
      lookAcross(segment, stream, maxLine);
    }
    return next;
  }

  private void skipRead() {
    Segment segment = at;
    while (segment != null
        && segment.start == view.end(segment)
        && (!segment.hasGap || segment.gapTaken)) {
      segment = view.after(segment);
      if (segment != null) {
        at = segment;
        mark = 0;
      }
    }
  }

  private void takeMark(Segment segment, int index) {
    turn = RunMarks.turn(segment, index);
    millis = RunMarks.millis(segment, index);
  }

  private void lookAtEnd() {
    if (view.hasGap && !lastGapTaken) {
      next = Next.LAST_GAP;
      turn = view.gapTurn;
    } else if (view.ended) {
      next = Next.END;
      turn = view.endTurn;
    } else {
      next = Next.NOTHING;
    }
  }

  /** Looks for the end of a line that does not end where it goes on. */
  private void lookAcross(Segment from, int stream, int maxLine) {
    next = Next.LINE;
    length = 0;
    whole = false;
    cut = false;
    Segment place = from;
    int position = from.start;
    while (length <= maxLine || !farEndKnown) {
      int end = view.end(place);
      if (view.linesEnd(place) > position) {
        length += length > maxLine ? 0 : Newlines.first(place.bytes, position, end) - position;
        whole = true;
        takeMark(place, 0);
        break;
      }
      length += end - position;
      if (view.endsLine(place)) {
        takeMark(place, view.marks(place) - 1);
        break;
      }
      Segment after = view.after(place);
      if (after == null) {
        lookAtOpenEnd(stream, maxLine);
        break;
      }
      if (after.hasGap) {
        endsWith(RunMarks.gapTurn(after));
        cut = true;
        break;
      }
      place = after;
      position = after.start;
    }
    farEndKnown = length > maxLine;
  }

  /** All that there is of the stream is of one line. */
  private void lookAtOpenEnd(int stream, int maxLine) {
    if (view.dropping) {
      endsWith(view.gapTurn);
      cut = true;
    } else if (view.ended) {
      endsWith(view.endTurn);
    } else if (length > maxLine) {
      endsWith(lastTurn - ((lastTurn ^ stream) & 1));
    } else {
      next = Next.NOTHING;
    }
  }

  private void endsWith(int lineTurn) {
    turn = lineTurn;
    millis = passMillis;
  }

  /**
   * Returns how far what comes next lies behind the last turn that the pass takes: 0 or less if it
   * is to be taken, the earlier the less.
   */
  int distance() {
    return next == Next.NOTHING ? Integer.MAX_VALUE : turn - lastTurn;
  }

  Next next() {
    return next;
  }

  /**
   * Whether what comes next need not be taken yet, if nothing stands behind it: a gap whose last
   * line has not ended is marked with that line's end.
   */
  boolean mayWait() {
    return next == Next.LAST_GAP && view.gapGoesOn;
  }

  /** Returns the place of what comes next in the order of both streams. */
  int turn() {
    return turn;
  }

  /** Returns the segment in which it begins. */
  Segment segment() {
    return Objects.requireNonNull(at);
  }

  /** Returns when it came. */
  long millis() {
    return millis;
  }

  /** Returns when the pass began. */
  long passMillis() {
    return passMillis;
  }

  int runEnd() {
    return runEnd;
  }

  /** Returns the number of line ends in the lines that come next, up to a place. */
  int lines(int end) {
    Segment segment = segment();
    return end == view.linesEnd(segment)
        ? view.lines(segment) - segment.takenLines
        : Newlines.count(segment.bytes, segment.start, end);
  }

  /** Looks at the first of the lines that come next alone. */
  void lookAtLine() {
    Segment segment = segment();
    length = Newlines.first(segment.bytes, segment.start, runEnd) - segment.start;
    whole = true;
    cut = false;
  }

  /**
   * Returns the length of the line that comes next, without its end; of a long one a part of it.
   */
  int length() {
    return length;
  }

  /** Whether it ends with a line end. */
  boolean isWhole() {
    return whole;
  }

  /** Whether its rest was dropped. */
  boolean isCut() {
    return cut;
  }

  // ---- taking it ----

  /** Whether so many bytes lie together. */
  boolean isTogether(int bytes) {
    Segment segment = segment();
    return view.end(segment) - segment.start >= bytes;
  }

  /** Copies so many bytes; they are not taken yet. */
  void copyTo(byte[] target, int bytes) {
    int copied = 0;
    Segment place = at;
    while (place != null && copied < bytes) {
      int count = Math.min(bytes - copied, view.end(place) - place.start);
      System.arraycopy(place.bytes, place.start, target, copied, count);
      copied += count;
      place = view.after(place);
    }
  }

  /** Takes whole lines within the segment. */
  void takeLines(int end, int lines) {
    Segment segment = segment();
    segment.start = end;
    segment.takenLines = (short) (segment.takenLines + lines);
  }

  /** Takes bytes of a line, its end among them or not. */
  void take(int bytes, boolean lineEnds, boolean last) {
    int left = bytes;
    Segment segment = at;
    while (segment != null) {
      int count = Math.min(left, view.end(segment) - segment.start);
      segment.start += count;
      left -= count;
      if (left == 0) {
        break;
      }
      segment = view.after(segment);
      at = segment;
      mark = 0;
    }
    if (lineEnds && segment != null) {
      segment.takenLines++;
    }
    farEndKnown &= !last;
  }

  void takeGap() {
    segment().gapTaken = true;
  }

  void takeLastGap() {
    lastGapTaken = true;
  }

  /** Returns the segment up to which all was read; null if there is none. */
  @Nullable Segment readUpTo() {
    return at;
  }

  /** Takes note that no segment is left of what was read. */
  void releasedAll() {
    at = null;
  }
}
