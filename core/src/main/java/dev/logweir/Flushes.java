package dev.logweir;

import java.util.ArrayList;
import java.util.List;

/** The callers that wait until a sink has sent what it holds. Guarded by the sink's lock. */
final class Flushes {
  /** Of a sink without a flush yet: to be replaced, and not to be added to. */
  static final Flushes NONE = new Flushes();

  /** The last batch that goes as soon as the sender is free. */
  private long upTo;

  private List<Flush> waiting = List.of();

  /** Adds a wait for all batches up to this one, and returns it. */
  Flush add(long lastBatch) {
    Flush flush = new Flush(lastBatch);
    if (waiting.isEmpty()) {
      waiting = new ArrayList<>(1);
    }
    waiting.add(flush);
    upTo = lastBatch;
    return flush;
  }

  /** Its caller no longer waits. */
  void remove(Flush flush) {
    if (!waiting.isEmpty()) {
      waiting.remove(flush);
    }
  }

  /** Whether a batch is to go as soon as the sender is free. */
  boolean include(long batch) {
    return batch <= upTo;
  }

  /** A batch does not arrive. */
  void lost(long batch) {
    // By index, here and below: an iterator takes memory, and there may be none.
    for (int i = 0; i < waiting.size(); i++) {
      waiting.get(i).lost(batch);
    }
  }

  /** All batches have gone before this one. */
  void gone(long firstLeft) {
    for (int i = 0; i < waiting.size(); i++) {
      waiting.get(i).gone(firstLeft);
    }
  }
}
