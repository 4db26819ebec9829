package dev.logweir;

import org.jspecify.annotations.Nullable;

/**
 * The short way of a write: its whole lines go past the stream's store, straight into the open
 * batch. For a job with one sink, no processors or listeners, and no bound of the server. One per
 * stream.
 */
final class DirectPath {
  /*
   *   1. begin moves the drain's loop from IDLE to DIRECT, under the store's lock. If that fails,
   *      a drain runs or will, and the lines must queue behind what that thread takes: the write
   *      goes through the store.
   *   2. take copies lines into the open batch, under the store's lock and then the sink's, as long
   *      as the store holds nothing but the beginning of the first of them, which goes in front.
   *      If lines or a gap of the other stream wait in its store, though no drain is asked for, such
   *      as for room, it takes none: they came before.
   *   3. What the sink has no room for, and the beginning of a line at the end, goes into the store.
   *   4. end, after the lock, starts the send that is due, and gives the loop back. It asks for a
   *      pass if the store has more than the beginning of a line, or if the send is to go to an
   *      executor of the user, whose code no write runs.
   *
   * Between begin and end the write owns what a pass owns: the StreamDrain's place, and the run,
   * which both streams share. No other thread drains, so that the order in the batch is that of the
   * writes. A request meanwhile is not lost: end finds it, and hands the drain over.
   */

  private final StreamDrain drain;
  private final SinkIntake sink;
  private final StreamStore store;
  private final StreamStore other;

  /**
   * @param other the other stream's, whose lines may be before those of a write
   */
  DirectPath(StreamDrain drain, SinkIntake sink, StreamStore store, StreamStore other) {
    this.drain = drain;
    this.sink = sink;
    this.store = store;
    this.other = other;
  }

  /**
   * Takes the place of the drain; false if one is asked for or under way, or lines wait. Under the
   * store's lock.
   */
  @SuppressWarnings("GuardedBy") // the write has the store's lock
  boolean begin() {
    return store.mayBePassed() && drain.drain().beginDirect();
  }

  /**
   * Gives whole lines to the sink, as long as nothing waits before them but the beginning of the
   * first, and the sink has room. Under the store's lock.
   *
   * @return where those end that it took
   */
  @SuppressWarnings("GuardedBy") // the write has the store's lock
  int take(byte[] bytes, int offset, int end) {
    LineRun run = drain.drain().directRun();
    if (run == null || !store.mayBePassed() || other.holdsOthersBack()) {
      return offset;
    }
    int from = offset;
    int maxLine = drain.maxDirectLine();
    boolean goesOn = true;
    while (goesOn && from < end) {
      int cut = Newlines.last(bytes, from, Math.min(end, from + maxLine)) + 1;
      Segment begun = store.begun();
      goesOn = cut > from && begins(run, begun, bytes, from, cut) && takeRun(run, begun);
      if (goesOn) {
        store.passed(run.lines, run.end - from);
        from = run.end;
      }
    }
    run.clear(); // keeps no array of the writer alive
    if (from > offset) {
      store.passingEnded(from == end);
    }
    return from;
  }

  /** Makes whole lines a run; false if the first of them is too long with what came before. */
  private boolean begins(LineRun run, @Nullable Segment begun, byte[] bytes, int from, int cut) {
    int before = bytesOf(begun);
    run.begin(bytes, from, cut);
    if (before > 0 && before + run.firstBytes(false) > drain.maxDirectLine()) {
      return false;
    }
    run.source = drain.source().ordinal();
    run.lines = Newlines.count(bytes, from, cut);
    return true;
  }

  private boolean takeRun(LineRun run, @Nullable Segment begun) {
    if (!sink.addDirect(begun, run)) {
      return false;
    }
    drain.tookDirect(bytesOf(begun) + run.end - run.from);
    return true;
  }

  private static int bytesOf(@Nullable Segment begun) {
    return begun == null ? 0 : begun.end - begun.start;
  }

  /**
   * Gives the place of the drain back; without the store's lock.
   *
   * @param ask whether there is something left to drain
   */
  void end(boolean ask) {
    if (!sink.hasClaim()) {
      drain.drain().endDirect(ask);
      return;
    }
    boolean foreignSends = drain.drain().job.engine.sends.isGiven();
    try {
      if (!foreignSends) {
        sink.startIfClaimed();
      }
    } finally {
      drain.drain().endDirect(ask || foreignSends);
    }
  }
}
