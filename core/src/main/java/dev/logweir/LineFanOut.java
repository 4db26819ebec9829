package dev.logweir;

import dev.logweir.Markers.Mark;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The end of one stream's chain of processors: adds what comes out of it to every sink, with its
 * marks, and tells the listeners. A line goes to all sinks or to none. Used by one thread at a
 * time.
 */
final class LineFanOut implements LineTarget {
  /** Of a stream without processors: none fails. */
  private static final GapTally NO_GAP = new GapTally();

  private final DrainContext drain;

  /** The stream of its lines, as in a mark of a batch. */
  private final int source;

  private final SinkIntake[] sinks;
  private final @Nullable LineListeners listeners;

  /** Text that a segment of a sink has room for. */
  private final int capacity;

  /** What processors lost since the last line that came through. */
  private final GapTally failedGap;

  /** Lines of a segment that came through as they are, and go on together; null if they do not. */
  private @Nullable LineRun gathered;

  /**
   * @param processed whether there are processors, which may fail
   */
  LineFanOut(
      DrainContext drain,
      LogSource source,
      SinkIntake[] sinks,
      boolean processed,
      List<LogListener> listeners) {
    this.drain = drain;
    this.source = drain.job.settings.submitted ? LineReader.NO_SOURCE : source.ordinal();
    this.sinks = sinks;
    capacity = Segment.capacity(Segment.nominalFor(drain.job.settings.maxSize));
    failedGap = processed ? new GapTally() : NO_GAP;
    this.listeners =
        listeners.isEmpty()
            ? null
            : new LineListeners(listeners, drain.job.engine.abandoned, drain.lineLog);
  }

  /** Returns the sink, if it is the only one. */
  @Nullable SinkIntake onlySink() {
    return sinks.length == 1 ? sinks[0] : null;
  }

  int capacity() {
    return capacity;
  }

  /** Returns the longest line that every sink takes in one piece. */
  int maxLineBytes(int most) {
    int bytes = most;
    for (SinkIntake sink : sinks) {
      bytes = Math.min(bytes, sink.maxLineBytes());
    }
    return bytes;
  }

  /** Whether lines need not be weighed or shown one by one. */
  boolean takesRuns() {
    boolean bounded = false;
    for (SinkIntake sink : sinks) {
      bounded |= sink.isEncodedBounded();
    }
    return listeners == null && !bounded;
  }

  /** Whether lines that come through one by one may go on together. */
  boolean gathers() {
    boolean bounded = drain.job.engine.budget() != null;
    for (SinkIntake sink : sinks) {
      bounded |= sink.isEncodedBounded();
    }
    return !bounded;
  }

  void beginPass() {
    LineListeners told = listeners;
    if (told != null) {
      told.beginPass();
    }
  }

  /** Returns whose call is under way, a listener's or a sender's; null if none is. */
  @Nullable Object callee() {
    for (SinkIntake sink : sinks) {
      if (sink.bound().isAsking()) {
        return sink.bound();
      }
    }
    LineListeners told = listeners;
    return told == null ? null : told.callee();
  }

  // ---- room in every sink ----

  /**
   * Makes room for a line in every sink.
   *
   * @param plain whether it is a line as the job wrote it
   * @param lineBytes its length, for a server's bound
   * @return {@link PassEnd#TAKEN} if there is room, else what is waited for
   */
  PassEnd reserve(int bytes, boolean plain, int lineBytes) {
    MemoryBudget budget = drain.job.engine.budget();
    if (budget != null && sinks.length > 1) {
      long cost = 0;
      for (SinkIntake sink : sinks) {
        cost += sink.cost(bytes, true, lineBytes);
      }
      if (!budget.hasRoom(cost)) {
        for (SinkIntake sink : sinks) {
          sink.waitForBudget();
        }
        return PassEnd.NO_SEGMENT;
      }
    }
    for (SinkIntake sink : sinks) {
      Room room = sink.prepareLine(bytes, plain, lineBytes);
      if (room != Room.THERE) {
        return room.passEnd();
      }
    }
    return PassEnd.TAKEN;
  }

  /**
   * Makes room for lines in every sink, and for what one of them may become.
   *
   * @param min bytes of one line
   * @param wanted bytes of all
   * @return for how many bytes there is room in each; 0 if not for one line
   */
  int reserveLines(int min, int wanted) {
    int least = wanted;
    for (SinkIntake sink : sinks) {
      least = Math.min(least, sink.prepare(min, wanted, true, 0));
    }
    return least;
  }

  PassEnd reserveForGap() {
    return reserve(Markers.MAX_BYTES, false, Markers.MAX_BYTES);
  }

  /** Returns the room for the marker that stands before the next line. */
  int markerBytes() {
    return failedGap.isEmpty() ? 0 : Markers.MAX_BYTES;
  }

  // ---- what goes to every sink ----

  /**
   * Adds a run, or as many of its lines as there is room for; the run is cut to them.
   *
   * @return {@link PassEnd#TAKEN} if it did, else what is waited for
   */
  PassEnd addRun(LineRun run) {
    int counted = 0;
    run.source = source;
    // By index: an iterator for each run would be garbage.
    for (int i = 0; i < sinks.length; i++) {
      SinkIntake sink = sinks[i];
      // Where lines with counts came before, lines without them would leave a segment's rest
      // unused.
      boolean tallied = run.prefix != null || sink.wastesRoomOnRuns();
      counted |= tallied ? 1 << i : 0;
      Room room = sink.prepareRun(run, tallied, capacity);
      if (room != Room.THERE) {
        return room.passEnd();
      }
    }
    for (int i = 0; i < sinks.length; i++) {
      sinks[i].addRun(run, (counted & 1 << i) != 0);
    }
    return PassEnd.TAKEN;
  }

  /** Returns the text of a marker; made before anything is told of a gap, as memory may end. */
  byte[] marker(GapTally gap) {
    JobContext job = drain.job;
    return job.settings.markers
        ? Markers.gap(job.markerToken, gap.lines, gap.bytes, gap.reasons)
        : Segment.NO_BYTES;
  }

  /** Adds a gap of lines that were dropped before any processor. */
  void addGap(GapTally gap, byte[] marker) {
    for (SinkIntake sink : sinks) {
      sink.addGap(source, gap, gap.lines, marker);
    }
  }

  /**
   * Marks the place where a processor failed, if it did: to be called before anything else is added
   * to the sinks, also from the other stream.
   *
   * @return {@link PassEnd#TAKEN} if there is nothing left to be marked, else what is waited for
   */
  PassEnd markFailed() {
    GapTally gap = failedGap;
    if (gap.isEmpty()) {
      return PassEnd.TAKEN;
    }
    PassEnd room = reserveForGap();
    if (room != PassEnd.TAKEN) {
      return room;
    }
    byte[] marker;
    try {
      marker = marker(gap);
    } catch (OutOfMemoryError ignored) {
      return PassEnd.NO_MEMORY;
    }
    for (SinkIntake sink : sinks) {
      sink.addGap(source, gap, 0, marker);
    }
    gap.clear();
    return PassEnd.TAKEN;
  }

  // ---- lines that go on together ----

  /**
   * From now on lines of a segment that come through as they are are gathered, until {@link
   * #addGathered} or until something else comes; there must be room for them.
   *
   * @param view shows them to listeners
   */
  void gather(LineRun run, byte[] bytes, LogLine view) {
    run.begin(bytes, 0, 0);
    run.lines = 0;
    run.view = view;
    gathered = run;
  }

  /** Whether all that came since {@link #gather} waits to be added. */
  boolean isGathering() {
    return gathered != null;
  }

  /** Forgets what was gathered. */
  void stopGathering() {
    gathered = null;
  }

  private boolean joins(LineRun run, LogLine piece) {
    boolean next = run.lines == 0 || run.end == piece.offset();
    if (!next || piece.array() != run.bytes || !BatchAssembly.isPlain(piece)) {
      return false;
    }
    int end = piece.offset() + piece.length() + 1;
    if (run.lines == 0) {
      run.begin(run.bytes, piece.offset(), end);
      run.millis = piece.timeMillis();
      run.firstNumber = piece.number();
    }
    run.end = end;
    run.lines++;
    return true;
  }

  /** Adds what was gathered, and tells the listeners of it. */
  void addGathered() {
    LineRun run = gathered;
    if (run == null) {
      return;
    }
    int end = run.end;
    int added = end;
    if (run.lines > 0) {
      added = addRun(run) == PassEnd.TAKEN ? run.end : run.from;
    }
    gathered = null; // where memory ends before, nothing of it was added
    LogLine shown = Objects.requireNonNull(run.view);
    int line = run.from;
    long number = run.firstNumber;
    // Room was made before. Were it gone, each line would have to find its own.
    while (line < end && (listeners != null || line >= added)) {
      int lineEnd = Newlines.first(run.bytes, line, end);
      shown.setContent(run.bytes, line, lineEnd - line);
      shown.setPosition(number++, run.millis);
      shown.setPart(true, true, false);
      shown.setTally(lineEnd + 1L - line, 1);
      if (line >= added) {
        add(shown, Mark.NONE);
      }
      tell(shown);
      line = lineEnd + 1;
    }
    shown.setContent(Segment.NO_BYTES, 0, 0);
  }

  private void tell(LogLine piece) {
    LineListeners told = listeners;
    if (told != null && !drain.isGivenUp()) {
      told.tell(piece, this);
      drain.takeInterrupt();
    }
  }

  // ---- lines one by one ----

  @Override
  public void accept(LogLine piece) {
    LineRun run = gathered;
    if (run != null) {
      if (joins(run, piece)) {
        return;
      }
      addGathered();
    }
    markFailed(); // if there is no room, it stands before the line after
    Mark mark = piece.isCut() ? Mark.CUT : piece.isLast() ? Mark.NONE : Mark.CONTINUED;
    add(piece, mark);
    LineListeners told = listeners;
    if (told != null) {
      told.tell(piece, this);
    }
  }

  private void add(LogLine piece, Mark mark) {
    int length = piece.length() + mark.length();
    boolean plain = BatchAssembly.isPlain(piece);
    for (SinkIntake sink : sinks) {
      int bytes = length + 2 * LineCounts.MAX_TRAILER;
      Room room = sink.prepareLine(bytes, plain, length);
      if (room == Room.THERE) {
        sink.addPiece(piece, mark, source);
      } else {
        DropReason reason = room.dropReason(DropReason.QUEUE_FULL);
        boolean made = (piece.sourceBytes | piece.sourceLines) == 0;
        sink.dropOnTheWay(reason, piece.sourceBytes, piece.sourceLines, made ? length + 1L : 0);
      }
    }
  }

  @Override
  public void filtered(long sourceBytes, int sourceLines) {
    addGathered();
    for (SinkIntake sink : sinks) {
      sink.filtered(sourceBytes, sourceLines);
    }
  }

  @Override
  public void failed(Throwable cause, long sourceBytes, int sourceLines) {
    addGathered();
    for (SinkIntake sink : sinks) {
      sink.failed(sourceBytes, sourceLines);
    }
    failedGap.add(sourceLines, sourceBytes, DropReason.PROCESSOR_FAILED.bit());
    warn(cause); // last, as it is foreign
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
}
