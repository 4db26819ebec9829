package dev.logweir;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The processors of one stream, one behind the other, and what they ask of runs of lines. Used by
 * one thread at a time, but for {@link #callee}.
 */
final class StageChain {
  private final DrainLoop loop;
  private final List<LogProcessor> processors;
  private final ProcessorStage[] stages;

  /** Whether each says of runs what it must see, or is a prefix behind the others. */
  private final boolean takesRuns;

  /** Who is asked for lines that must be seen: the last processor first. */
  private final List<RunProcessor> searching;

  /** What is in front of every line of a run. */
  private final @Nullable RunPrefix prefix;

  private boolean ended;

  /**
   * @param loop gets the interrupts that a call left behind
   * @param processors one or more
   * @param target where lines go that come out of the last one
   * @param pieceLimit the most bytes of a piece that goes from one to the next
   */
  StageChain(
      DrainLoop loop,
      List<LogProcessor> processors,
      LogSource source,
      LineTarget target,
      int pieceLimit) {
    this.loop = loop;
    this.processors = processors;
    stages = new ProcessorStage[processors.size()];
    List<RunProcessor> found = new ArrayList<>(stages.length);
    RunPrefix last = null;
    LineTarget next = target;
    for (int i = stages.length - 1; i >= 0; i--) {
      LogProcessor own = processors.get(i).forStream(source);
      if (own == null) {
        throw new NullPointerException("forStream returned null: " + processors.get(i));
      }
      if (own instanceof RunProcessor search) {
        found.add(search);
      } else if (i == stages.length - 1 && own instanceof RunPrefix inFront) {
        last = inFront;
      }
      stages[i] = new ProcessorStage(source, own, next, pieceLimit);
      next = stages[i];
    }
    prefix = last;
    searching = found;
    takesRuns = found.size() + (last == null ? 0 : 1) == stages.length;
  }

  boolean takesRuns() {
    return takesRuns;
  }

  @Nullable RunPrefix prefix() {
    return prefix;
  }

  /** Lends each the room to build lines in, or takes it back. */
  void lend(@Nullable Scratch lent) {
    for (int i = 0; i < stages.length; i++) {
      stages[i].lend(lent == null ? Segment.NO_BYTES : lent.room(i + 1));
    }
  }

  /** Returns where the first line begins that one of them must see; asked only between lines. */
  int plainUntil(byte[] bytes, int from, int linesEnd) {
    int end = linesEnd;
    // The last first: it is most often a masker, after whose find the others have less to search.
    for (int i = 0; i < searching.size() && end > from; i++) {
      end = searching.get(i).plainUntil(bytes, from, end);
    }
    return end;
  }

  /** Whether nothing of a line before is left in one of them. */
  boolean isBetweenLines() {
    for (ProcessorStage stage : stages) {
      if (!stage.isBetweenLines()) {
        return false;
      }
    }
    return true;
  }

  /** Sends a line or fragment through all of them to the target. */
  void accept(LogLine line) {
    stages[0].accept(line);
  }

  /** Calls {@code gap} of each. */
  void gap() {
    for (ProcessorStage stage : stages) {
      stage.gap();
      loop.takeInterrupt();
    }
  }

  /** Calls {@code end} of each, once: each may still emit lines into the next. */
  void end(long number, long timeMillis) {
    if (ended) {
      return;
    }
    ended = true;
    for (ProcessorStage stage : stages) {
      stage.end(number, timeMillis);
      loop.takeInterrupt();
    }
  }

  boolean hasEnded() {
    return ended;
  }

  /** Returns the processor whose call is under way, null if none is; for any thread. */
  @Nullable LogProcessor callee() {
    // The last one first: a processor's text may go on to the next while it is in its call.
    for (int i = stages.length - 1; i >= 0; i--) {
      if (stages[i].isInside()) {
        return processors.get(i);
      }
    }
    return null;
  }
}
