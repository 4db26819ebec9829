package dev.logweir;

import org.jspecify.annotations.Nullable;

/**
 * Takes whole lines that no processor must see to the sinks: as they lie in their segment, behind
 * prefixes if there are to be any. Used by one thread at a time.
 */
final class LineRuns {
  private final DrainContext drain;
  private final LineShow show;
  private final @Nullable StageChain chain;
  private final LineFanOut target;

  /**
   * @param chain null if there are no processors
   */
  LineRuns(DrainContext drain, LineShow show, @Nullable StageChain chain, LineFanOut target) {
    this.drain = drain;
    this.show = show;
    this.chain = chain;
    this.target = target;
  }

  /** Returns where those end of the lines that come next; where they begin if there are none. */
  int end(StreamCursor cursor) {
    Segment segment = cursor.segment();
    if (!show.isBetweenLines()) {
      return segment.start;
    }
    int end = cursor.runEnd();
    return chain == null ? end : chain.plainUntil(segment.bytes, segment.start, end);
  }

  /**
   * Takes the lines up to {@link #end}, or as many of them as there is room for.
   *
   * @return {@link PassEnd#TAKEN} if it did, else what is waited for
   */
  PassEnd take(StreamCursor cursor, int end, LineRun run) {
    Segment segment = cursor.segment();
    run.begin(segment.bytes, segment.start, end);
    begin(run, cursor.lines(end), cursor.millis());
    PassEnd room = target.addRun(run);
    if (room == PassEnd.TAKEN) {
      cursor.takeLines(run.end, run.lines);
      passed(run);
    }
    run.clear();
    return room;
  }

  /**
   * Takes one line that ends in another segment than it begins in, by a copy that lies together.
   *
   * @param scratch has the room for the copy
   * @return whether it did; if not, a processor must see it, or there is no room for it that way
   */
  boolean takeAcross(StreamCursor cursor, Scratch scratch) {
    int length = cursor.length();
    boolean fits = cursor.isWhole() && length < target.capacity();
    if (!fits || !show.isBetweenLines()) {
      return false;
    }
    byte[] bytes = scratch.room(0);
    cursor.copyTo(bytes, length);
    bytes[length] = '\n';
    int end = length + 1;
    if (chain != null && chain.plainUntil(bytes, 0, end) < end) {
      return false;
    }
    LineRun run = scratch.run();
    run.begin(bytes, 0, end);
    begin(run, 1, cursor.millis());
    boolean taken = target.addRun(run) == PassEnd.TAKEN;
    if (taken) {
      cursor.take(end, true, true);
      passed(run);
    }
    run.clear();
    return taken;
  }

  private void begin(LineRun run, int lines, long millis) {
    run.lines = lines;
    run.millis = millis;
    run.firstNumber = drain.lastNumber() + 1;
    RunPrefix prefix = chain == null ? null : chain.prefix();
    if (prefix != null) {
      run.prefix = prefix;
      run.prefixBytes = prefix.beginRun(millis, drain.lastNumber() + lines);
    }
  }

  private void passed(LineRun run) {
    if (chain != null) {
      show.passWhole(run.lines);
    }
  }
}
