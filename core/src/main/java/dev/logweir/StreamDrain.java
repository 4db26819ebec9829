package dev.logweir;

import dev.logweir.Markers.Mark;
import dev.logweir.StreamCursor.Next;
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
final class StreamDrain {
  /** Room for a mark, the line end and its count, and what does not fit at a segment's end. */
  private static final int EXTRA_BYTES = Mark.CONTINUED.length() + 2 * LineCounts.MAX_TRAILER;

  private static final int GROWTH = 3;

  /** The most lines that are shown before they are added, and of how many quick ones in a row. */
  private static final int MOST_AT_ONCE = 64;

  private static final int QUICK_SHARE = 16;

  /** For so many lines a processor that changes each is not asked whether it goes on to. */
  private static final byte LINES_ALONE = 16;

  private static final long QUICK_NANOS = 1_000_000L;

  /** Of the count behind a line of a segment, and a little more. */
  private static final int COUNT_BYTES = 4;

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

  private final DrainContext drain;
  private final StreamStore store;
  private final LogSource source;
  private final LineFanOut target;
  private final int maxLine;

  private @Nullable LogLine line;

  /** Null if there are no processors. */
  private final @Nullable StageChain chain;

  /** Whether lines that nobody must see may be taken as runs. */
  private final boolean takesRuns;

  /** Whether lines that are shown one by one go on together where nothing becomes of them. */
  private final boolean gathers;

  /** How many lines were shown in no time worth mentioning, up to a bound. */
  private short quickLines;

  /** How many lines are taken by themselves, as the last ones were changed. */
  private byte linesAlone;

  /** Lent for the pass under way. */
  private @Nullable Scratch scratch;

  /** The number of the line of which fragments have gone out, 0 if none. */
  private long openLine;

  /** Whether the last piece was the kept beginning of a line. */
  private boolean cutLine;

  private boolean ended;

  /** Bytes of the stream taken so far: from the buffer, or straight from a write. */
  private long takenBytes;

  private PassEnd stop = PassEnd.TAKEN;

  StreamDrain(
      DrainContext drain,
      StreamStore store,
      LogSource source,
      LineFanOut target,
      List<LogProcessor> processors) {
    this.drain = drain;
    this.store = store;
    this.source = source;
    this.target = target;
    JobSettings settings = drain.job.settings;
    maxLine = target.maxLineBytes(settings.maxLineBytes);
    int pieceLimit = maxLine + Scratch.PREFIX_BYTES;
    chain =
        processors.isEmpty() ? null : new StageChain(drain, processors, source, target, pieceLimit);
    boolean searched = chain == null || chain.takesRuns();
    takesRuns = target.takesRuns() && maxLine >= target.capacity() && searched;
    gathers = !takesRuns && target.gathers() && maxLine >= target.capacity();
  }

  boolean isEnded() {
    return ended;
  }

  long takenBytes() {
    return takenBytes;
  }

  /** Whether nobody's code runs in a pass: none that could hang. */
  boolean callsNobody() {
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
    return callsNobody() ? target.onlySink() : null;
  }

  /** Returns the longest line that may go past it; 0 while a line is open that is in fragments. */
  int maxDirectLine() {
    return openLine == 0 ? maxLine : 0;
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
    stop = PassEnd.TAKEN;
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
    if (line != null) {
      line.setContent(Segment.NO_BYTES, 0, 0);
    }
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
   * Takes what comes next.
   *
   * @return about how many bytes; less than 0 if it must wait, for what says {@link #stop}
   */
  int take() {
    StreamCursor cursor = cursor();
    stop = PassEnd.TAKEN;
    if (cursor.next() == Next.LINES) {
      int taken = takesRuns ? takeRun(cursor, scratch().run()) : 0;
      taken = gathers ? takeGathered(cursor, scratch().run()) : taken;
      if (taken != 0) {
        return taken;
      }
      cursor.lookAtLine();
      return takePiece(cursor);
    }
    return switch (cursor.next()) {
      case LINE -> takePiece(cursor);
      case GAP -> takeGap(cursor);
      case LAST_GAP -> takeLastGap(cursor);
      case END -> takeEnd(cursor.passMillis());
      default -> throw new IllegalStateException("nothing comes");
    };
  }

  PassEnd stop() {
    return stop;
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

  private int takeGap(StreamCursor cursor) {
    if (!isRoom(target.markFailed()) || !isRoom(target.roomForGap())) {
      return -1;
    }
    GapTally gap = new GapTally();
    RunMarks.addGapTo(gap, cursor.segment());
    addGap(gap, target.marker(gap));
    cursor.takeGap();
    return 1;
  }

  /**
   * Takes the gap at the end. Where writes have gone on since, it may stand in front of lines that
   * this pass does not see: then the pass ends, so that nothing goes past it.
   */
  private int takeLastGap(StreamCursor cursor) {
    if (!isRoom(target.markFailed()) || !isRoom(target.roomForGap())) {
      return -1;
    }
    release(cursor);
    GapTally gap = new GapTally();
    if (!store.takeGap(gap)) {
      stop = PassEnd.MORE;
      return -1;
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
    return 1;
  }

  private void addGap(GapTally gap, byte[] marker) {
    if (chain != null) {
      chain.gap();
    }
    target.addGap(gap, marker);
    // The line that was cut has its number, and is one of those dropped.
    drain.skipNumbers(cutLine && gap.lines > 0 ? gap.lines - 1 : gap.lines);
    cutLine &= gap.lines == 0;
  }

  private int takeEnd(long millis) {
    if (chain != null && !chain.hasEnded()) {
      if (!isRoomForEnd()) {
        return -1;
      }
      chain.end(drain.lastNumber() + 1, millis);
    }
    ended = isRoom(target.markFailed());
    return ended ? 1 : -1;
  }

  /** With a spent budget, what processors say last must do with the reserve. */
  private boolean isRoomForEnd() {
    if (isRoomFor(maxLine, false)) {
      return true;
    }
    return stop == PassEnd.NO_SEGMENT && isRoomFor(0, false);
  }

  // ---- runs of whole lines ----

  /**
   * Takes whole lines that no processor must see; 0 if there are none, less if there is no room.
   */
  private int takeRun(StreamCursor cursor, LineRun run) {
    if (openLine != 0 || target.markerBytes() != 0) {
      return 0;
    }
    byte[] bytes = cursor.segment().bytes;
    int from = cursor.segment().start;
    int linesEnd = cursor.runEnd();
    int end = chain == null ? linesEnd : chain.plainUntil(bytes, from, linesEnd);
    if (end <= from) {
      return 0;
    }
    run.begin(bytes, from, end);
    run.lines = cursor.lines(end);
    run.millis = cursor.millis();
    run.firstNumber = drain.lastNumber() + 1;
    RunPrefix prefix = chain == null ? null : chain.prefix();
    if (prefix != null) {
      run.prefix = prefix;
      run.prefixBytes = prefix.beginRun(run.millis, drain.lastNumber() + run.lines);
    }
    int taken = -1;
    if (isRoom(target.addRun(run))) {
      taken = run.end - from;
      takenBytes += taken;
      cursor.takeLines(run.end, run.lines);
      if (chain != null) {
        drain.skipNumbers(run.lines);
        cutLine = false;
      }
    }
    run.clear();
    return taken;
  }

  // ---- lines shown one by one that go on together ----

  /**
   * Shows whole lines one after the other, with room for all of them made at once, and adds those
   * together of which nothing becomes. What another one becomes, is removed or fails ends that. 0
   * if the next line must be taken by itself.
   *
   * <p>What was shown and not added yet is lost if the next call never returns. So only who has
   * been quick for a while is shown several lines before they are added.
   */
  private int takeGathered(StreamCursor cursor, LineRun run) {
    if (linesAlone > 0) {
      linesAlone--;
      return 0;
    }
    if (openLine != 0 || target.markerBytes() != 0 || (chain != null && !chain.isBetweenLines())) {
      return 0;
    }
    byte[] bytes = cursor.segment().bytes;
    int from = cursor.segment().start;
    int end = cursor.runEnd();
    int most = Math.max(1, quickLines / QUICK_SHARE);
    int lineEnd = Newlines.first(bytes, from, end);
    int first = usualBytes(lineEnd - from);
    // A change between lines with counts and without leaves the rest of a segment unused.
    int spare = 2 * target.capacity();
    int left = target.roomFor(first, first + end - from + most * COUNT_BYTES + spare) - spare;
    if (left + spare <= 0) {
      return 0;
    }
    long begun = drain.job.engine.time.nanoTime();
    int line = from;
    int count = 0;
    boolean all = false;
    target.gather(run, bytes, scratch().view(source));
    try {
      boolean goesOn = true;
      while (goesOn) {
        int length = lineEnd - line;
        LogLine shown = shown(true, false, cursor.millis());
        shown.setContent(bytes, line, length);
        shown.setTally(length + 1L, 1);
        deliver(shown);
        line = lineEnd + 1;
        count++;
        left -= length + 1 + COUNT_BYTES;
        boolean changed = !target.isGathering();
        linesAlone = changed && count <= 2 ? LINES_ALONE : 0;
        goesOn = !changed && count < most && line < end && !drain.isGivenUp();
        if (goesOn) {
          lineEnd = Newlines.first(bytes, line, end);
          goesOn = usualBytes(lineEnd - line) <= left;
        }
      }
      target.addGathered();
      all = true;
    } finally {
      // Where memory ended, those that were not added are shown again.
      boolean some = all || !target.isGathering();
      target.stopGathering();
      run.clear();
      if (some) {
        takenBytes += line - from;
        cursor.takeLines(line, count);
      }
    }
    boolean quick = drain.job.engine.time.nanoTime() - begun < QUICK_NANOS;
    quickLines = (short) (quick ? Math.min(quickLines + count, MOST_AT_ONCE * QUICK_SHARE) : 0);
    return Math.max(1, line - from);
  }

  // ---- lines one by one ----

  /** Takes a line or a fragment; less than 0 if there is no room. */
  private int takePiece(StreamCursor cursor) {
    int found = Math.min(cursor.length(), maxLine + 1);
    int length = lengthWithRoom(found, cursor.isWhole());
    if (length < 0) {
      return -1;
    }
    Segment segment = cursor.segment();
    byte[] bytes = segment.bytes;
    int offset = segment.start;
    if (!cursor.isTogether(length)) {
      bytes = scratch().room(0);
      cursor.copyTo(bytes, length);
      offset = 0;
    }
    boolean last = found <= length;
    if (!last) {
      length = LineCut.boundary(bytes, offset, offset + length) - offset;
    }
    boolean ends = last && cursor.isWhole();
    int taken = length + (ends ? 1 : 0);
    LogLine shown = shown(last, last && cursor.isCut(), cursor.millis());
    shown.setContent(bytes, offset, length);
    if (last && !ends && !cursor.isCut()) {
      shown.setUnended();
    }
    shown.setTally(taken, last && !cursor.isCut() ? 1 : 0);
    deliver(shown);
    takenBytes += taken;
    cursor.take(taken, ends, last);
    return Math.max(1, taken);
  }

  /** Returns for how many bytes of a line there is room, of so many found; less than 0 if none. */
  private int lengthWithRoom(int found, boolean whole) {
    int length = Math.min(found, maxLine);
    boolean plain = chain == null && whole && openLine == 0;
    while (!isRoomFor(length, plain && found <= length)) {
      if (stop != PassEnd.NO_SEGMENT) {
        return -1;
      }
      if (length <= JobSettings.MIN_LINE) {
        // A sink's reserve holds the shortest fragment, if not what processors might add to it.
        int least = length + EXTRA_BYTES + target.markerBytes();
        return chain != null && isRoom(target.roomFor(least, false, least)) ? length : -1;
      }
      // A budget nearly spent has room for a short fragment, and that gives segments back.
      length = Math.max(JobSettings.MIN_LINE, length / 2);
    }
    return length;
  }

  /** Returns the view of a line or fragment, with its place. */
  private LogLine shown(boolean last, boolean cut, long millis) {
    LogLine shown = line;
    if (shown == null) {
      shown = new LogLine(source);
      line = shown;
    }
    boolean first = openLine == 0;
    long number = first ? drain.nextNumber() : openLine;
    openLine = last ? 0 : number;
    cutLine = cut;
    shown.setPosition(number, millis);
    shown.setPart(first, last, cut);
    return shown;
  }

  /** Sends a line or fragment through the processors to the sinks. */
  private void deliver(LogLine shown) {
    if (chain == null) {
      target.accept(shown);
    } else {
      chain.accept(shown);
    }
    drain.takeInterrupt();
  }

  // ---- room ----

  /** Takes note of what is waited for; whether it is nothing. */
  private boolean isRoom(PassEnd end) {
    stop = end;
    return end == PassEnd.TAKEN;
  }

  /**
   * Whether every sink has room for what a line of a length becomes; else notes what is waited for.
   *
   * @param plain whether it goes as the job wrote it
   */
  private boolean isRoomFor(int length, boolean plain) {
    int bytes = usualBytes(length);
    int marker = target.markerBytes();
    int lineBytes = length + Mark.CONTINUED.length() + marker;
    return isRoom(target.roomFor(bytes + marker, plain && marker == 0, lineBytes));
  }

  /** Returns the room for what a line of a length usually becomes. */
  private int usualBytes(int length) {
    int bytes = length + EXTRA_BYTES;
    if (chain != null) {
      int growth = Math.min(GROWTH * length, drain.job.settings.maxSize / 8);
      bytes = Math.min(bytes + growth, maxLine + EXTRA_BYTES) + Scratch.PREFIX_BYTES;
    }
    return bytes;
  }
}
