package dev.logweir;

import dev.logweir.Markers.Mark;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes one stream from its buffer to the sinks, item by item: decides what of it goes as it lies
 * and what goes through the processors, and whether there is room.
 *
 * <p>Runs of whole lines that no processor must see are copied as they lie in the segments, behind
 * prefixes if there are to be any. Other lines, and those that are long, cut or last, go one by one
 * through the processors. A line is taken only when every sink has room for what it usually
 * becomes, so that it waits in the buffer, not between the places. Used by one thread at a time.
 */
final class StreamDrain extends RunDrain {
  /*
   * There is no lock here. Everything belongs to the owner of the drain's state, one thread at a time.
   * The last owner has written that state and the next one has read it, so that each sees what the
   * other left. One thing is read by other threads: whose call is under way (callee).
   *
   * A pass reads what the buffer's snapshot shows (StreamCursor). It copies bytes to the sinks
   * (LineFanOut), or lends them to processors as a LogLine; no segment leaves the buffer.
   *
   * Room first: each sink is asked for room before a line is taken. If one has none, the pass stops,
   * the line stays in the buffer, and no sink has it. So a line goes to all sinks or to none.
   */

  private final StreamStore store;
  private final LogSource source;

  private final boolean takesRuns;

  /** Null if lines that are shown one by one do not go on together. */
  private final @Nullable LineGathering gathering;

  /** Lent for the pass under way. */
  private @Nullable Scratch scratch;

  private boolean ended;

  /** Bytes of the stream taken so far: from the buffer, or straight from a write. */
  private long takenBytes;

  StreamDrain(
      DrainContext drain,
      StreamStore store,
      LogSource source,
      LineFanOut target,
      List<LogProcessor> processors) {
    super(drain, source, target, processors);
    this.store = store;
    this.source = source;
    takesRuns = mayTakeRuns();
    boolean gathers = !takesRuns && target.gathers() && maxLine >= target.capacity();
    gathering = gathers ? new LineGathering(drain, show, target) : null;
  }

  boolean isEnded() {
    return ended;
  }

  long takenBytes() {
    return takenBytes;
  }

  /** Whether nobody's code runs in a pass: none that could hang. */
  boolean runsNoForeignCode() {
    return takesRuns && chain == null;
  }

  /** Whether processors are called, which may be slow. */
  boolean isProcessed() {
    return chain != null;
  }

  // ---- past the buffer; see DirectPath ----

  DrainContext drain() {
    return drain;
  }

  LogSource source() {
    return source;
  }

  /** Returns the sink of a stream that may go past the buffer; null if it may not. */
  @Nullable SinkIntake directSink() {
    return runsNoForeignCode() ? target.onlySink() : null;
  }

  /** Returns the longest line that may go past it; 0 while a line is open that is in fragments. */
  int maxDirectLine() {
    return show.isMidLine() ? 0 : maxLine;
  }

  /** A write has given bytes to the sink itself, and all that was in the buffer. */
  void tookDirect(int bytes) {
    takenBytes += bytes;
  }

  // ---- a pass ----

  /**
   * Begins a pass over what there is.
   *
   * @param turn of the job, read before
   */
  void begin(Scratch lent, int turn, long millis) {
    scratch = lent;
    if (!ended) {
      store.snapshot(cursor().view(), takenBytes);
      cursor().begin(turn, millis);
      if (chain != null) {
        chain.lend(lent);
      }
      target.beginPass();
    }
  }

  /** Ends a pass, also one that failed: what was taken is given back. */
  void end() {
    Scratch lent = scratch;
    if (lent == null) {
      return;
    }
    StreamCursor cursor = cursor();
    release(cursor);
    cursor.clear();
    show.endPass();
    if (chain != null) {
      chain.lend(null);
    }
    scratch = null;
  }

  /** Gives the store back what was read. */
  private void release(StreamCursor cursor) {
    Segment read = cursor.readUpTo();
    if (read != null && store.release(read)) {
      cursor.releasedAll();
    }
  }

  private StreamCursor cursor() {
    return scratch().cursor(source);
  }

  private Scratch scratch() {
    Scratch lent = scratch;
    if (lent == null) {
      throw new IllegalStateException("no pass");
    }
    return lent;
  }

  /**
   * Looks at what comes next; returns its place in the order: as {@link StreamCursor#distance}, 0
   * or less if it is to be taken in this pass, the earlier the less.
   */
  int look() {
    if (ended) {
      return Integer.MAX_VALUE;
    }
    cursor().look(source.ordinal(), maxLine);
    return cursor().distance();
  }

  /**
   * Takes what comes next: {@link #takenBytes} tells how many bytes that was.
   *
   * @return {@link PassEnd#TAKEN} if it did, else what is waited for
   */
  PassEnd take() {
    StreamCursor cursor = cursor();
    return switch (cursor.next()) {
      case LINES -> takeLines(cursor);
      case LINE -> takeLine(cursor);
      case GAP -> takeGap(cursor);
      case LAST_GAP -> takeLastGap(cursor);
      case END -> takeEnd(cursor.passMillis());
      default -> throw new IllegalStateException("nothing comes");
    };
  }

  /** As {@link StreamCursor#mayWait}. */
  boolean mayWait() {
    return !ended && cursor().mayWait();
  }

  /** As {@link LineFanOut#markFailed}. */
  PassEnd markFailed() {
    return target.markFailed();
  }

  /** Returns whose call is under way, null if none is. */
  @Nullable Object callee() {
    Object callee = target.callee();
    return callee == null && chain != null ? chain.callee() : callee;
  }

  // ---- gaps, and the end ----

  private PassEnd takeGap(StreamCursor cursor) {
    PassEnd room = reserveForGap();
    if (room != PassEnd.TAKEN) {
      return room;
    }
    GapTally gap = new GapTally();
    RunMarks.addGapTo(gap, cursor.segment());
    addGap(gap, target.marker(gap));
    cursor.takeGap();
    return PassEnd.TAKEN;
  }

  /**
   * Takes the gap at the end. Where writes have gone on since, it may stand in front of lines that
   * this pass does not see: then the pass ends, so that nothing goes past it.
   */
  private PassEnd takeLastGap(StreamCursor cursor) {
    PassEnd room = reserveForGap();
    if (room != PassEnd.TAKEN) {
      return room;
    }
    release(cursor);
    GapTally gap = new GapTally();
    if (!store.takeGap(gap)) {
      return PassEnd.MORE;
    }
    byte[] marker;
    try {
      marker = target.marker(gap);
    } catch (OutOfMemoryError e) {
      store.putGapBack(gap, cursor.turn());
      throw e;
    }
    addGap(gap, marker);
    cursor.takeLastGap();
    return PassEnd.TAKEN;
  }

  /** Makes room for a gap, behind what processors lost before it. */
  private PassEnd reserveForGap() {
    PassEnd marked = target.markFailed();
    return marked == PassEnd.TAKEN ? target.reserveForGap() : marked;
  }

  private void addGap(GapTally gap, byte[] marker) {
    if (chain != null) {
      chain.gap();
    }
    target.addGap(gap, marker);
    show.passDropped(gap.lines);
  }

  private PassEnd takeEnd(long millis) {
    if (chain != null && !chain.hasEnded()) {
      PassEnd room = reserve(maxLine, false);
      if (room.lacksSegment()) {
        room = reserve(0, false); // what processors say last must do with the reserve
      }
      if (room != PassEnd.TAKEN) {
        return room;
      }
      chain.end(drain.lastNumber() + 1, millis);
    }
    PassEnd marked = target.markFailed();
    ended = marked == PassEnd.TAKEN;
    return marked;
  }

  // ---- lines ----

  /** Takes whole lines of a segment: as a run, gathered, or the first of them by itself. */
  private PassEnd takeLines(StreamCursor cursor) {
    Segment segment = cursor.segment();
    int from = segment.start;
    try {
      if (takesRuns) {
        int end = runEnd(cursor);
        if (end > from) {
          return takeRun(cursor, end, scratch().run());
        }
      } else if (gathering != null
          && gathering.take(cursor, scratch().run(), scratch().view(source))) {
        return PassEnd.TAKEN;
      }
    } finally {
      takenBytes += segment.start - from; // some may be taken also where memory ended
    }
    cursor.lookAtLine();
    return takePiece(cursor);
  }

  /** Takes a line that ends in another segment than it begins in, or has no line end. */
  private PassEnd takeLine(StreamCursor cursor) {
    if (takesRuns && takeAcross(cursor, scratch())) {
      takenBytes += cursor.length() + 1L;
      return PassEnd.TAKEN;
    }
    return takePiece(cursor);
  }

  /** Takes a line by itself, or a fragment of it. */
  private PassEnd takePiece(StreamCursor cursor) {
    int found = Math.min(cursor.length(), maxLine + 1);
    boolean plain = chain == null && cursor.isWhole() && !show.isMidLine();
    int length = Math.min(found, maxLine);
    PassEnd room = reserve(length, plain && found <= length);
    while (room.lacksSegment() && length > JobSettings.MIN_LINE) {
      // A budget nearly spent has room for a short fragment, and that gives segments back.
      length = Math.max(JobSettings.MIN_LINE, length / 2);
      room = reserve(length, plain && found <= length);
    }
    if (room.lacksSegment() && chain != null) {
      // A sink's reserve holds the shortest fragment, if not what processors might add to it.
      int least = length + LineShow.EXTRA_BYTES + target.markerBytes();
      room = target.reserve(least, false, least);
    }
    if (room == PassEnd.TAKEN) {
      showPiece(cursor, length, found <= length);
    }
    return room;
  }

  /**
   * Shows so many bytes of a line, for which there is room, or a little less.
   *
   * @param last whether they are all that there is of it
   */
  private void showPiece(StreamCursor cursor, int most, boolean last) {
    Segment segment = cursor.segment();
    byte[] bytes = segment.bytes;
    int offset = segment.start;
    if (!cursor.isTogether(most)) {
      bytes = scratch().room(0);
      cursor.copyTo(bytes, most);
      offset = 0;
    }
    int length = last ? most : LineCut.boundary(bytes, offset, offset + most) - offset;
    boolean ends = last && cursor.isWhole();
    int taken = length + (ends ? 1 : 0);
    LogLine shown = show.next(last, last && cursor.isCut(), cursor.millis());
    shown.setContent(bytes, offset, length);
    if (last && !ends && !cursor.isCut()) {
      shown.setUnended();
    }
    shown.setTally(taken, last && !cursor.isCut() ? 1 : 0);
    show.deliver(shown);
    takenBytes += taken;
    cursor.take(taken, ends, last);
  }

  /**
   * Makes room in every sink for what a line of a length becomes.
   *
   * @param plain whether it goes as the job wrote it
   */
  private PassEnd reserve(int length, boolean plain) {
    int bytes = show.usualBytes(length);
    int marker = target.markerBytes();
    int lineBytes = length + Mark.CONTINUED.length() + marker;
    return target.reserve(bytes + marker, plain && marker == 0, lineBytes);
  }
}
