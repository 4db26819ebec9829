package dev.logweir;

/**
 * What gives way when a batch is sealed and the queue has no room for it. More constants may come
 * in later versions.
 */
public enum OverflowPolicy {
  /** The batch just sealed is dropped: what is queued stays. The default. */
  DROP_NEWEST,
  /**
   * The oldest queued batches are dropped until the new one fits: keeps the tail, where the failure
   * is.
   */
  DROP_OLDEST
}
