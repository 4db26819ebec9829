package dev.logweir;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The part of a {@link StreamDrain} that takes whole lines which no processor must see: to the
 * sinks as they lie in their segment, behind prefixes if there are to be any. Used by one thread at
 * a time.
 */
abstract class RunDrain {
  /*
   * A superclass, not an object of its own: an idle job has two of them, and is to be small.
   */

  final DrainContext drain;
  final LineFanOut target;

  /** From how many bytes on a line is shown in fragments. */
  final int maxLine;

  /** Null if there are no processors. */
  final @Nullable StageChain chain;

  final LineShow show;

  RunDrain(DrainContext drain, LogSource source, LineFanOut target, List<LogProcessor> processors) {
    this.drain = drain;
    this.target = target;
    maxLine = target.maxLineBytes(drain.job.settings.maxLineBytes);
    int pieceLimit = maxLine + Scratch.PREFIX_BYTES;
    chain =
        processors.isEmpty() ? null : new StageChain(drain, processors, source, target, pieceLimit);
    show = new LineShow(drain, source, chain, target, maxLine);
  }

  /** Whether lines that no processor must see may be taken as runs. */
  boolean mayTakeRuns() {
    boolean searched = chain == null || chain.takesRuns();
    return target.takesRuns() && maxLine >= target.capacity() && searched;
  }

  /** Returns where those end of the lines that come next; where they begin if there are none. */
  int runEnd(StreamCursor cursor) {
    Segment segment = cursor.segment();
    if (!show.isBetweenLines()) {
      return segment.start;
    }
    int end = cursor.runEnd();
    return chain == null ? end : chain.plainUntil(segment.bytes, segment.start, end);
  }

  /**
   * Takes the lines up to {@link #runEnd}, or as many of them as there is room for.
   *
   * @return {@link PassEnd#TAKEN} if it did, else what is waited for
   */
  PassEnd takeRun(StreamCursor cursor, int end, LineRun run) {
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
