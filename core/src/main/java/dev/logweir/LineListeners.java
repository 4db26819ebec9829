package dev.logweir;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The listeners of one stream, called with each line after it is in the batches. Used by one thread
 * at a time, but for {@link #callee}.
 */
final class LineListeners {
  private final List<LogListener> all;
  private final AbandonedCalls abandoned;
  private final FailureLog log;

  /** Those that are called in this pass. */
  private List<LogListener> told = List.of();

  /** Which of them is called now; read by another thread as {@link ProcessorStage#isInside}. */
  private @Nullable LogListener telling;

  /** Whether it was logged that a listener is skipped. */
  private boolean passingOver;

  LineListeners(List<LogListener> all, AbandonedCalls abandoned, FailureLog log) {
    this.all = all;
    this.abandoned = abandoned;
    this.log = log;
  }

  /** A listener of which too many calls hang is skipped until one returns. */
  void beginPass() {
    told = all;
    if (all.isEmpty() || abandoned.count() < AbandonedCalls.LIMIT) {
      return;
    }
    List<LogListener> ready = new ArrayList<>(all.size());
    for (LogListener listener : all) {
      if (!abandoned.isAtLimit(listener)) {
        ready.add(listener);
      }
    }
    told = ready;
    if (ready.size() < all.size() && !passingOver) {
      passingOver = true;
      log.warn(
          "{}: {} calls of a listener hang: it is told nothing until one returns",
          AbandonedCalls.LIMIT,
          null);
    }
  }

  /**
   * Calls them with a line or fragment.
   *
   * @param failures is warned of what they throw
   */
  void tell(LogLine piece, LineTarget failures) {
    // By index: an iterator for each line would be garbage.
    for (int i = 0; i < told.size(); i++) {
      LogListener listener = told.get(i);
      piece.replaceThrough(null);
      assert LockOrder.CHECK.isFree();
      telling = listener;
      try {
        listener.onLine(piece);
      } catch (Throwable e) {
        failures.warn(e);
      } finally {
        telling = null;
      }
    }
  }

  /** Returns whose call is under way, null if none is. */
  @Nullable LogListener callee() {
    return telling;
  }
}
