package dev.logweir.sender;

/**
 * Is called with the result of each attempt, such as for meters. Called on the threads of the
 * calls, with no lock held, so it must be thread-safe; what it throws is swallowed.
 */
public interface AttemptListener {
  /** Listens to nothing. */
  AttemptListener NONE = new AttemptListener() {};

  /**
   * An attempt has ended. Does nothing by default.
   *
   * @param nanos how long it took
   */
  default void attempted(AttemptResult result, long nanos) {}

  /** An attempt has succeeded. Does nothing by default. */
  default void succeeded() {}

  /** An attempt has failed. Does nothing by default. */
  default void failed(AttemptException failure) {}

  /**
   * All attempts at one request have ended, with the result of the last. Does nothing by default.
   */
  default void ended(AttemptResult result) {}
}
