package dev.logweir;

import dev.logweir.Markers.Mark;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes one stream from its buffer to the sinks.
 *
 * <p>Runs of whole lines that no processor must see are copied as they lie in the segments, behind
 * prefixes if there are to be any. Other lines, and those that are long, cut or last, go one by one
 * through the processors. A line is taken only when every sink has room for what it usually
 * becomes, so that it waits in the buffer, not between the places. Used by one thread at a time.
 */
final class StreamDrain implements LineTarget {
  /** Room for a mark, the line end and its count, and what does not fit at a segment's end. */
  private static final int EXTRA_BYTES = Mark.CONTINUED.length() + 2 * LineReader.MAX_TRAILER;

  private static final int GROWTH = 3;
  private static final long TURN_NANOS = 10_000_000L;

  /*
   * There is no lock here. Everything belongs to the owner of JobDrain's state, one thread at a time.
   * The last owner has written that state and the next one has read it, so that each sees what the
   * other left. One thing is read by other threads: whose call is under way (callee).
   *
   * A pass reads what the buffer's snapshot shows. It copies bytes to the sinks, or lends them to
   * processors as a LogLine; no segment leaves the buffer. How far it came is in Segment.start, and
   * SafeBuffer.release gives back what is before.
   *
   * Room first: each sink is asked for room before a line is taken. If one has none, the pass stops,
   * the line stays in the buffer, and no sink has it. So a line goes to all sinks or to none.
   */

  /** Of a stream without processors: none fails. */
  private static final GapTally NO_GAP = new GapTally();

  private final JobDrain drain;
  private final SafeBuffer buffer;
  private final LogSource source;
  private final StreamView view;

  private @Nullable LogLine line;
  private ProcessorStage @Nullable [] stages;
  private @Nullable LineListeners listeners;

  /** None of them is passed by an iterator, which would be an object. */
  private Sink[] sinks = {};

  private int maxLine;

  /** Whether lines that nobody must see may be taken as runs. */
  private boolean takesRuns;

  /** What runs are asked for lines that must be seen, the last processor first. */
  private List<RunProcessor> searching = List.of();

  /** What is in front of every line of a run. */
  private @Nullable RunPrefix prefix;

  private int capacity;

  private @Nullable Segment at;
  private int takenLines;
  private boolean gapTaken;

  /** The number of the line of which fragments have gone out, 0 if none. */
  private long openLine;

  /** Whether the last piece was the kept beginning of a line. */
  private boolean cutLine;

  /** What processors lost since the last line that came through. */
  private GapTally failedGap = NO_GAP;

  private boolean processorsEnded;
  private boolean ended;

  /** Bytes of the stream taken so far: from the buffer, or straight from a write. */
  private long takenBytes;

  private PassEnd stop = PassEnd.TAKEN;

  /**
   * @param view lent for a pass, by turns with the other stream's
   */
  StreamDrain(JobDrain drain, SafeBuffer buffer, LogSource source, StreamView view) {
    this.drain = drain;
    this.buffer = buffer;
    this.source = source;
    this.view = view;
  }

  void prepare(
      Sink[] jobSinks,
      List<LogProcessor> processors,
      List<LogListener> lineListeners,
      LineRun directRun) {
    sinks = jobSinks;
    if (!processors.isEmpty()) {
      failedGap = new GapTally();
    }
    if (!lineListeners.isEmpty()) {
      listeners = new LineListeners(lineListeners, drain.job.engine.abandoned, drain.lineLog);
    }
    maxLine = drain.job.settings.maxLineBytes;
    for (Sink sink : sinks) {
      maxLine = Math.min(maxLine, sink.maxLineBytes());
    }
    List<ProcessorStage> made = new ArrayList<>(processors.size());
    LineTarget next = this;
    for (int i = processors.size() - 1; i >= 0; i--) {
      LogProcessor own = processors.get(i).forStream(source);
      if (own == null) {
        throw new NullPointerException("forStream returned null: " + processors.get(i));
      }
      ProcessorStage stage = new ProcessorStage(source, own, next, maxLine + Scratch.PREFIX_BYTES);
      made.add(0, stage);
      next = stage;
    }
    if (!made.isEmpty()) {
      stages = made.toArray(new ProcessorStage[0]);
    }
    boolean bounded = Arrays.stream(sinks).anyMatch(Sink::isEncodedBounded);
    capacity = Segment.capacity(Segment.nominalFor(drain.job.settings.maxSize));
    takesRuns = lineListeners.isEmpty() && !bounded && maxLine >= capacity && searches(made);
    if (callsNobody() && sinks.length == 1) {
      boolean foreign = drain.job.engine.sends.isGiven();
      buffer.openDirectPath(new DirectPath(drain, this, sinks[0], directRun, foreign));
    }
  }

  /** Whether each processor says of runs what it must see, or is a prefix behind the others. */
  private boolean searches(List<ProcessorStage> chain) {
    List<RunProcessor> found = new ArrayList<>(chain.size());
    for (int i = 0; i < chain.size(); i++) {
      LogProcessor processor = chain.get(i).processor();
      if (processor instanceof RunProcessor search) {
        found.add(0, search);
      } else if (processor instanceof RunPrefix last && i == chain.size() - 1) {
        prefix = last;
      } else {
        return false;
      }
    }
    searching = found;
    return true;
  }

  boolean isEnded() {
    return ended;
  }

  long takenBytes() {
    return takenBytes;
  }

  /** Whether nobody's code runs in a pass: none that could hang. */
  boolean callsNobody() {
    return takesRuns && stages == null;
  }

  // ---- past the buffer; see DirectPath ----

  int maxLine() {
    return maxLine;
  }

  /** Whether no line is open of which fragments have gone out. */
  boolean isBetweenLines() {
    return openLine == 0;
  }

  /** A write has given bytes to the sink itself, and all that was in the buffer. */
  void tookDirect(int bytes) {
    takenBytes += bytes;
    arriveAt(null);
  }

  /** Takes about so many bytes. */
  PassEnd pass(int maxBytes, Scratch scratch, long millis) {
    if (ended) {
      return PassEnd.TAKEN;
    }
    try {
      takePieces(maxBytes, scratch, millis);
    } finally {
      // Also where memory ran out: what was taken is given back, and where it ended is known.
      Segment read = at;
      if (read != null && buffer.release(read)) {
        arriveAt(null);
      }
      letGo();
    }
    return stop;
  }

  private void takePieces(int maxBytes, Scratch scratch, long millis) {
    buffer.snapshot(view, takenBytes);
    lend(scratch);
    LineListeners told = listeners;
    if (told != null) {
      told.beginPass();
    }
    stop = PassEnd.TAKEN;
    Segment segment = view.head;
    if (segment != at) {
      arriveAt(segment);
    }
    int left = maxBytes;
    long begun = stages == null ? 0 : drain.job.engine.time.nanoTime();
    while (segment != null) {
      if (left <= 0) {
        stop = PassEnd.MORE;
        break;
      }
      if (drain.isGivenUp()) {
        stop = PassEnd.NO_ROOM; // no further line is shown to what may hang on it again
        break;
      }
      if (!gapTaken) {
        if (segment.gapReasons != 0 && !takeGap(segment)) {
          break;
        }
        gapTaken = true;
      }
      if (segment.start == view.end(segment)) {
        segment = view.after(segment);
        if (segment != null) {
          arriveAt(segment);
        }
        continue;
      }
      int taken = takesRuns ? takeRun(segment, scratch.run(), millis) : 0;
      if (taken == 0) {
        taken = takeLine(segment, scratch, millis);
      }
      if (taken <= 0) {
        break;
      }
      left -= taken;
      if (stages != null && drain.job.engine.time.nanoTime() - begun > TURN_NANOS) {
        left = 0; // what is due must not wait for slow processors
      }
      segment = at;
    }
    Segment read = at;
    if (read != null && buffer.release(read)) {
      arriveAt(null);
    }
    if (stop == PassEnd.TAKEN) {
      finishPass(millis);
    }
  }

  /** Returns whose call is under way, null if none is. */
  @Nullable Object callee() {
    LineListeners told = listeners;
    LogListener listener = told == null ? null : told.callee();
    if (listener != null) {
      return listener;
    }
    ProcessorStage[] chain = stages;
    if (chain != null) {
      // The last one first: a processor's text may go on to the next while it is in its call.
      for (int i = chain.length - 1; i >= 0; i--) {
        if (chain[i].isInside()) {
          return drain.job.settings.processors.get(i);
        }
      }
    }
    return null;
  }

  private void arriveAt(@Nullable Segment segment) {
    at = segment;
    takenLines = 0;
    gapTaken = false;
  }

  private boolean isDrained() {
    Segment segment = at;
    return segment == null || (segment.start == view.end(segment) && view.after(segment) == null);
  }

  /** Lets go of what the buffer gave up; on no thread while a pass runs. */
  void forget() {
    at = null;
  }

  /** Keeps nothing of a pass alive that is not this stream's. */
  private void letGo() {
    view.clear();
    if (line != null) {
      line.setContent(Segment.NO_BYTES, 0, 0);
    }
    lend(null);
  }

  /** What can only be done when all is taken: the gap at the end, and the end. */
  private void finishPass(long millis) {
    if (!isDrained()) {
      return;
    }
    if (view.dropping && buffer.hasGap()) {
      if (!roomForGap()) {
        return;
      }
      GapTally gap = new GapTally();
      if (buffer.takeGap(gap)) {
        byte[] marker;
        try {
          marker = marker(gap.lines, gap.bytes, gap.reasons);
        } catch (OutOfMemoryError e) {
          buffer.putGapBack(gap);
          throw e;
        }
        addGap(gap.lines, gap.bytes, gap.reasons, marker);
      }
    }
    if (!view.ended || stop != PassEnd.TAKEN) {
      return;
    }
    if (stages != null && !processorsEnded) {
      if (!roomForEnd()) {
        return;
      }
      processorsEnded = true;
      for (ProcessorStage stage : stages) {
        stage.end(drain.lastNumber() + 1, millis);
        takeInterrupt();
      }
    }
    markFailed();
    if (failedGap.isEmpty()) {
      ended = true;
    }
  }

  // ---- runs of whole lines ----

  /**
   * Takes whole lines that no processor must see; 0 if there are none, less if there is no room.
   */
  private int takeRun(Segment segment, LineRun run, long millis) {
    int from = segment.start;
    int linesEnd = view.linesEnd(segment);
    if (openLine != 0 || linesEnd <= from || !failedGap.isEmpty()) {
      return 0;
    }
    int end = plainUntil(segment.bytes, from, linesEnd);
    if (end <= from) {
      return 0;
    }
    run.begin(segment.bytes, from, Newlines.first(segment.bytes, from, end) + 1, end);
    run.lines =
        end == linesEnd
            ? view.lines(segment) - takenLines
            : Newlines.count(segment.bytes, from, end);
    run.firstNumber = drain.lastNumber() + 1;
    run.prefix = prefix;
    run.prefixBytes = prefix == null ? 0 : prefix.beginRun(millis, drain.lastNumber() + run.lines);
    int taken = addRun(run);
    if (taken > 0) {
      takenLines += run.lines;
      takenBytes += taken;
      segment.start = run.end;
      if (stages != null) {
        drain.skipNumbers(run.lines);
        cutLine = false;
      }
    }
    run.clear();
    return taken;
  }

  /** Returns where the first line begins that a processor must see. */
  private int plainUntil(byte[] bytes, int from, int linesEnd) {
    ProcessorStage[] chain = stages;
    if (chain == null) {
      return linesEnd;
    }
    for (ProcessorStage stage : chain) {
      if (!stage.isBetweenLines()) {
        return from;
      }
    }
    int end = linesEnd;
    // The last first: it is most often a masker, after whose find the others have less to search.
    for (int i = 0; i < searching.size() && end > from; i++) {
      end = searching.get(i).plainUntil(bytes, from, end);
    }
    return end;
  }

  /** Adds a run, or as many of its lines as there is room for, to every sink. */
  private int addRun(LineRun run) {
    int counted = 0;
    // By index: an iterator for each run would be garbage.
    for (int i = 0; i < sinks.length; i++) {
      Sink sink = sinks[i];
      // Where lines with counts came before, lines without them would leave a segment's rest
      // unused.
      boolean tallied = run.prefix != null || sink.prefersLines();
      counted |= tallied ? 1 << i : 0;
      int wanted = run.allBytes(tallied, capacity);
      int room = sink.prepare(run.firstBytes(tallied), wanted, tallied, 0);
      if (room <= 0) {
        stop = stopFor(room);
        return -1;
      }
      if (room < wanted) {
        run.cutTo(room, tallied, capacity);
      }
    }
    for (int i = 0; i < sinks.length; i++) {
      sinks[i].addRun(run, (counted & 1 << i) != 0);
    }
    return run.end - run.from;
  }

  private PassEnd stopFor(int room) {
    if (room == Sink.NO_MEMORY) {
      drain.memoryIsShort();
    }
    return room < 0 ? PassEnd.NO_SEGMENT : PassEnd.NO_ROOM;
  }

  // ---- lines one by one ----

  /**
   * Takes a line or a fragment from a place on; 0 if it is not complete yet, less if there is no
   * room.
   */
  private int takeLine(Segment segment, Scratch scratch, long millis) {
    int length = 0;
    boolean whole = false;
    boolean endsHere = false;
    boolean more = true;
    boolean gapFollows = false;
    int position = segment.start;
    Segment place = segment;
    while (place != null && length <= maxLine) {
      int end = view.end(place);
      if (view.linesEnd(place) > position) {
        int lineEnd = Newlines.first(place.bytes, position, end);
        length += lineEnd - position;
        whole = true;
        break;
      }
      length += end - position;
      if (view.endsLine(place)) {
        endsHere = true;
        break;
      }
      place = view.after(place);
      if (place == null) {
        more = false;
      } else if (place.gapReasons != 0) {
        gapFollows = true;
        break;
      } else {
        position = place.start;
      }
    }
    boolean cut = !whole && (gapFollows || (!more && view.dropping));
    if (!whole && !cut && !endsHere && length <= maxLine && !view.ended) {
      return 0;
    }
    return takePiece(segment, Math.min(length, maxLine + 1), whole, cut, scratch, millis);
  }

  private int takePiece(
      Segment segment, int found, boolean whole, boolean cut, Scratch scratch, long millis) {
    int length = Math.min(found, maxLine);
    boolean plain = stages == null && whole && openLine == 0;
    while (!room(length, plain && found <= length)) {
      if (stop != PassEnd.NO_SEGMENT) {
        return -1;
      }
      if (length <= JobSettings.MIN_LINE) {
        // A sink's reserve holds the shortest fragment, if not what processors might add to it.
        int least = length + EXTRA_BYTES + markerBytes();
        if (stages == null || !roomFor(least, false, least)) {
          return -1;
        }
        stop = PassEnd.TAKEN;
        break;
      }
      // A budget nearly spent has room for a short fragment, and that gives segments back.
      length = Math.max(JobSettings.MIN_LINE, length / 2);
      stop = PassEnd.TAKEN;
    }
    byte[] bytes = segment.bytes;
    int offset = segment.start;
    if (view.end(segment) - offset < length) {
      bytes = gather(segment, length, scratch.room(0));
      offset = 0;
    }
    boolean last = found <= length;
    if (!last) {
      length = LineCut.boundary(bytes, offset, offset + length) - offset;
    }
    boolean ends = last && whole;
    int lines = last && !cut ? 1 : 0;
    int taken = length + (ends ? 1 : 0);
    deliver(bytes, offset, length, last, cut && last, taken, lines, millis);
    advance(taken, ends);
    return Math.max(1, taken);
  }

  private byte[] gather(Segment segment, int length, byte[] target) {
    int copied = 0;
    Segment place = segment;
    while (place != null && copied < length) {
      int count = Math.min(length - copied, view.end(place) - place.start);
      System.arraycopy(place.bytes, place.start, target, copied, count);
      copied += count;
      place = view.after(place);
    }
    return target;
  }

  private void advance(int bytes, boolean lineEnds) {
    int left = bytes;
    takenBytes += bytes;
    Segment segment = at;
    while (segment != null) {
      int count = Math.min(left, view.end(segment) - segment.start);
      segment.start += count;
      left -= count;
      if (left == 0) {
        break;
      }
      segment = view.after(segment);
      arriveAt(segment);
      gapTaken = true;
    }
    if (lineEnds) {
      takenLines++;
    }
  }

  /** Sends a line or fragment through the processors to the sinks. */
  private void deliver(
      byte[] bytes,
      int offset,
      int length,
      boolean last,
      boolean cut,
      int sourceBytes,
      int sourceLines,
      long millis) {
    LogLine shown = line;
    if (shown == null) {
      shown = new LogLine(source);
      line = shown;
    }
    boolean first = openLine == 0;
    long number = first ? drain.nextNumber() : openLine;
    openLine = last ? 0 : number;
    cutLine = cut;
    shown.setContent(bytes, offset, length);
    shown.setPosition(number, millis);
    shown.setPart(first, last, cut);
    if (last && !cut && sourceBytes == length) {
      shown.setUnended();
    }
    shown.setTally(sourceBytes, sourceLines);
    ProcessorStage[] chain = stages;
    if (chain == null) {
      accept(shown);
    } else {
      chain[0].accept(shown);
    }
    takeInterrupt();
  }

  /** An interrupt that a call left behind is not for the next line's. */
  private void takeInterrupt() {
    if (Thread.interrupted()) {
      drain.interruptLeft();
    }
  }

  private boolean takeGap(Segment segment) {
    if (!roomForGap()) {
      return false;
    }
    byte[] marker = marker(segment.gapLines, segment.gapBytes, segment.gapReasons);
    addGap(segment.gapLines, segment.gapBytes, segment.gapReasons, marker);
    return true;
  }

  /** Returns the text of a marker; made before anything is told of a gap, as memory may end. */
  private byte[] marker(long lines, long bytes, int reasons) {
    Job job = drain.job;
    return job.settings.markers
        ? Markers.gap(job.markerToken, lines, bytes, reasons)
        : Segment.NO_BYTES;
  }

  private void addGap(long lines, long bytes, int reasons, byte[] marker) {
    if (stages != null) {
      for (ProcessorStage stage : stages) {
        stage.gap();
        takeInterrupt();
      }
    }
    for (Sink sink : sinks) {
      sink.addGap(lines, lines, bytes, reasons, marker);
    }
    // The line that was cut has its number, and is one of those dropped.
    drain.skipNumbers(cutLine && lines > 0 ? lines - 1 : lines);
    cutLine = false;
  }

  private boolean roomForGap() {
    return roomFor(Markers.MAX_BYTES, false, Markers.MAX_BYTES);
  }

  /** With a spent budget, what processors say last must do with the reserve. */
  private boolean roomForEnd() {
    if (room(maxLine)) {
      return true;
    }
    if (stop == PassEnd.NO_SEGMENT) {
      stop = PassEnd.TAKEN;
      return room(0);
    }
    return false;
  }

  /**
   * Whether every sink has room for what a line of a length becomes; else notes what is waited for.
   */
  private boolean room(int length) {
    return room(length, false);
  }

  private boolean room(int length, boolean plain) {
    int bytes = length + EXTRA_BYTES;
    if (stages != null) {
      int growth = Math.min(GROWTH * length, drain.job.settings.maxSize / 8);
      bytes = Math.min(bytes + Scratch.PREFIX_BYTES + growth, largestPiece());
    }
    int marker = markerBytes();
    return roomFor(bytes + marker, plain && marker == 0, length + Mark.CONTINUED.length() + marker);
  }

  /** Returns the room for the marker that stands before the next line. */
  private int markerBytes() {
    return failedGap.isEmpty() ? 0 : Markers.MAX_BYTES;
  }

  private int largestPiece() {
    return maxLine + Scratch.PREFIX_BYTES + EXTRA_BYTES;
  }

  private boolean roomFor(int bytes, boolean plain, int lineBytes) {
    MemoryBudget budget = drain.job.engine.budget();
    if (budget != null && sinks.length > 1) {
      long cost = 0;
      for (Sink sink : sinks) {
        cost += sink.cost(bytes, true, lineBytes);
      }
      if (!budget.hasRoom(cost)) {
        for (Sink sink : sinks) {
          sink.waitForBudget();
        }
        stop = PassEnd.NO_SEGMENT;
        return false;
      }
    }
    for (Sink sink : sinks) {
      int room = sink.prepareLine(bytes, plain, lineBytes);
      if (room <= 0) {
        stop = stopFor(room);
        return false;
      }
    }
    return true;
  }

  // ---- the end of the chain ----

  @Override
  public void accept(LogLine piece) {
    markFailed();
    Mark mark = piece.isCut() ? Mark.CUT : piece.isLast() ? Mark.NONE : Mark.CONTINUED;
    int length = piece.length() + mark.length();
    boolean plain = BatchAssembly.isPlain(piece);
    for (Sink sink : sinks) {
      int bytes = length + 2 * LineReader.MAX_TRAILER;
      int room = sink.prepareLine(bytes, plain, length);
      if (room > 0) {
        sink.addPiece(piece, mark);
      } else {
        DropReason reason = room < 0 ? DropReason.BUDGET : DropReason.QUEUE_FULL;
        reason = room == Sink.NO_MEMORY ? DropReason.MEMORY : reason;
        boolean made = (piece.sourceBytes | piece.sourceLines) == 0;
        sink.lost(reason, piece.sourceBytes, piece.sourceLines, made ? length + 1L : 0);
      }
    }
    LineListeners told = listeners;
    if (told != null) {
      told.tell(piece, this);
    }
  }

  @Override
  public void filtered(long sourceBytes, int sourceLines) {
    for (Sink sink : sinks) {
      sink.filtered(sourceBytes, sourceLines);
    }
  }

  @Override
  public void failed(Throwable cause, long sourceBytes, int sourceLines) {
    for (Sink sink : sinks) {
      sink.failed(sourceBytes, sourceLines);
    }
    failedGap.add(sourceLines, sourceBytes, DropReason.PROCESSOR_FAILED.bit());
    warn(cause); // last, as it is foreign
  }

  /**
   * Marks the place where a processor failed, before the next line; waits if there is no room yet.
   */
  private void markFailed() {
    GapTally gap = failedGap;
    if (gap.isEmpty() || !roomForGap()) {
      return;
    }
    byte[] marker;
    try {
      marker = marker(gap.lines, gap.bytes, gap.reasons);
    } catch (OutOfMemoryError ignored) {
      return; // it stands before the line after
    }
    for (Sink sink : sinks) {
      sink.addGap(0, gap.lines, gap.bytes, gap.reasons, marker);
    }
    gap.clear();
  }

  @Override
  public void warn(Throwable cause) {
    try {
      log(cause);
    } catch (Throwable ignored) {
      // Such as no memory for the message: the drain goes on.
    }
  }

  private void log(Throwable cause) {
    if (cause instanceof InterruptedException) {
      drain.interruptLeft();
    }
    drain.lineLog.failedUnseen("{}: {} in a processor or listener, at {}", cause);
  }

  private void lend(@Nullable Scratch scratch) {
    if (stages != null) {
      for (int i = 0; i < stages.length; i++) {
        stages[i].lend(scratch == null ? Segment.NO_BYTES : scratch.room(i + 1));
      }
    }
  }
}
