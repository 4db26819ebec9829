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

  /** Null if there are no processors. */
  private final @Nullable StageChain chain;

  /** Whether lines that nobody must see may be taken as runs. */
  private final boolean takesRuns;

  private final LineShow show;

  /** Null if lines that are shown one by one do not go on together. */
  private final @Nullable LineGathering gathering;

  /** Lent for the pass under way. */
  private @Nullable Scratch scratch;

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
    boolean gathers = !takesRuns && target.gathers() && maxLine >= target.capacity();
    show = new LineShow(drain, source, chain, target, maxLine);
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
   * Takes what comes next.
   *
   * @return about how many bytes; less than 0 if it must wait, for what says {@link #stop}
   */
  int take() {
    StreamCursor cursor = cursor();
    stop = PassEnd.TAKEN;
    if (cursor.next() == Next.LINES) {
      int taken = takesRuns ? takeRun(cursor, scratch().run()) : takeGathered(cursor);
      if (taken != 0) {
        return taken;
      }
      cursor.lookAtLine();
      return takePiece(cursor);
    }
    return switch (cursor.next()) {
      case LINE -> takeLine(cursor);
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
    if (!note(target.markFailed()) || !note(target.reserveForGap())) {
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
    if (!note(target.markFailed()) || !note(target.reserveForGap())) {
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
    show.passDropped(gap.lines);
  }

  private int takeEnd(long millis) {
    if (chain != null && !chain.hasEnded()) {
      if (!reserveForEnd()) {
        return -1;
      }
      chain.end(drain.lastNumber() + 1, millis);
    }
    ended = note(target.markFailed());
    return ended ? 1 : -1;
  }

  /** Makes room for what processors say last: with a spent budget the reserve must do. */
  private boolean reserveForEnd() {
    if (reserve(maxLine, false)) {
      return true;
    }
    return stop == PassEnd.NO_SEGMENT && reserve(0, false);
  }

  // ---- runs of whole lines ----

  /**
   * Takes whole lines that no processor must see; 0 if there are none, less if there is no room.
   */
  private int takeRun(StreamCursor cursor, LineRun run) {
    if (!show.isBetweenLines()) {
      return 0;
    }
    byte[] bytes = cursor.segment().bytes;
    int from = cursor.segment().start;
    int linesEnd = cursor.runEnd();
    int end = chain == null ? linesEnd : chain.plainUntil(bytes, from, linesEnd);
    if (end <= from) {
      return 0;
    }
    begin(run, bytes, from, end, cursor.lines(end));
    int taken = -1;
    if (note(target.addRun(run))) {
      taken = run.end - from;
      cursor.takeLines(run.end, run.lines);
      passed(run, taken);
    }
    run.clear();
    return taken;
  }

  /**
   * As {@link #takeRun}, of one line that ends in another segment than it begins in: of a copy that
   * lies together. 0 also if there is no room for it that way.
   */
  private int takeAcross(StreamCursor cursor, LineRun run) {
    int length = cursor.length();
    boolean fits = takesRuns && cursor.isWhole() && length < target.capacity();
    if (!fits || !show.isBetweenLines()) {
      return 0;
    }
    byte[] bytes = scratch().room(0);
    cursor.copyTo(bytes, length);
    bytes[length] = '\n';
    int end = length + 1;
    if (chain != null && chain.plainUntil(bytes, 0, end) < end) {
      return 0;
    }
    begin(run, bytes, 0, end, 1);
    int taken = 0;
    if (target.addRun(run) == PassEnd.TAKEN) {
      taken = end;
      cursor.take(taken, true, true);
      passed(run, taken);
    }
    run.clear();
    return taken;
  }

  private void begin(LineRun run, byte[] bytes, int from, int end, int lines) {
    run.begin(bytes, from, end);
    run.lines = lines;
    run.millis = cursor().millis();
    run.firstNumber = drain.lastNumber() + 1;
    RunPrefix prefix = chain == null ? null : chain.prefix();
    if (prefix != null) {
      run.prefix = prefix;
      run.prefixBytes = prefix.beginRun(run.millis, drain.lastNumber() + lines);
    }
  }

  private void passed(LineRun run, int bytes) {
    takenBytes += bytes;
    if (chain != null) {
      show.passWhole(run.lines);
    }
  }

  /** As {@link LineGathering#take}. */
  private int takeGathered(StreamCursor cursor) {
    if (gathering == null) {
      return 0;
    }
    Segment segment = cursor.segment();
    int from = segment.start;
    try {
      return gathering.take(cursor, scratch().run(), scratch().view(source));
    } finally {
      takenBytes += segment.start - from; // some may be taken also where memory ended
    }
  }

  // ---- lines one by one ----

  private int takeLine(StreamCursor cursor) {
    int taken = takeAcross(cursor, scratch().run());
    return taken == 0 ? takePiece(cursor) : taken;
  }

  /** Takes a line or a fragment; less than 0 if there is no room. */
  private int takePiece(StreamCursor cursor) {
    int found = Math.min(cursor.length(), maxLine + 1);
    int length = reserveLength(found, cursor.isWhole());
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
    LogLine shown = show.next(last, last && cursor.isCut(), cursor.millis());
    shown.setContent(bytes, offset, length);
    if (last && !ends && !cursor.isCut()) {
      shown.setUnended();
    }
    shown.setTally(taken, last && !cursor.isCut() ? 1 : 0);
    show.deliver(shown);
    takenBytes += taken;
    cursor.take(taken, ends, last);
    return Math.max(1, taken);
  }

  /**
   * Makes room for a line of so many bytes; returns for how many of them, less than 0 if for none.
   */
  private int reserveLength(int found, boolean whole) {
    int length = Math.min(found, maxLine);
    boolean plain = chain == null && whole && !show.isMidLine();
    while (!reserve(length, plain && found <= length)) {
      if (stop != PassEnd.NO_SEGMENT) {
        return -1;
      }
      if (length <= JobSettings.MIN_LINE) {
        // A sink's reserve holds the shortest fragment, if not what processors might add to it.
        int least = length + LineShow.EXTRA_BYTES + target.markerBytes();
        return chain != null && note(target.reserve(least, false, least)) ? length : -1;
      }
      // A budget nearly spent has room for a short fragment, and that gives segments back.
      length = Math.max(JobSettings.MIN_LINE, length / 2);
    }
    return length;
  }

  // ---- room ----

  /** Takes note of what is waited for; returns whether it is nothing. */
  private boolean note(PassEnd end) {
    stop = end;
    return end == PassEnd.TAKEN;
  }

  /**
   * Makes room in every sink for what a line of a length becomes; returns whether there is, else
   * notes what is waited for.
   *
   * @param plain whether it goes as the job wrote it
   */
  private boolean reserve(int length, boolean plain) {
    int bytes = show.usualBytes(length);
    int marker = target.markerBytes();
    int lineBytes = length + Mark.CONTINUED.length() + marker;
    return note(target.reserve(bytes + marker, plain && marker == 0, lineBytes));
  }
}
