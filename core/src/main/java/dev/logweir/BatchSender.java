package dev.logweir;

import java.util.List;

/**
 * Talks to the server: takes one batch of lines and returns when it has arrived.
 *
 * <p>Calls of {@code send} for one job come one at a time, in the order of the log, from threads of
 * the engine. A call may block and may throw anything. Its thread is interrupted when the time of
 * the job ends or the job is cancelled; a call that ignores the interrupt keeps its thread and its
 * batch and is counted as abandoned. Core never retries a batch: a sender that wants to retry does
 * so inside {@code send}, pausing with {@link SendCall#pause}.
 *
 * <p>{@code send} and {@code close} need not be thread-safe: each call sees what the one before
 * did, unless that was abandoned and still runs. {@link #encodedBytes} must be thread-safe. The
 * others are called on the thread that starts the job, before all else. One instance serves one
 * job, unless the implementation says that it may be shared.
 */
@FunctionalInterface
public interface BatchSender {
  /**
   * Delivers the lines; a normal return means that they have arrived.
   *
   * @param lines the batch, read-only and valid until this call ends; {@link LogBatch#of} gives its
   *     bytes without a copy, {@link List#copyOf} keeps it
   * @throws SendException to say what kind of failure it was, or which lines were not delivered
   * @throws Exception any other failure: the whole batch is dropped as {@code send_failed}
   */
  void send(List<String> lines) throws Exception;

  /**
   * Returns the largest batch that the server takes, in the unit of {@link #encodedBytes}. Called
   * at start. The default, {@link Integer#MAX_VALUE}, leaves the bound to {@code maxSize}. A bound
   * too small for a fragment of 256 B and a marker of 256 B is refused at start.
   */
  default int maxBatchBytes() {
    return Integer.MAX_VALUE;
  }

  /**
   * Returns how much of {@link #maxBatchBytes()} a line takes; must not fall when {@code lineBytes}
   * rises. Drains call it while {@code send} runs on another thread, so it must be thread-safe.
   *
   * @param lineBytes length of the line in bytes, without a line end
   */
  default long encodedBytes(int lineBytes) {
    return lineBytes + 1L;
  }

  /**
   * Returns the most heap, in bytes, that this sender holds for its job besides the batch, at any
   * time. A part of {@link LogStreamer#maxRetainedBytes()}. Called at start, and by a builder's
   * {@code maxRetainedBytes()}. Negative values are refused at start; the default is 0.
   */
  default long maxRetainedBytes() {
    return 0;
  }

  /**
   * Returns the object that abandoned calls of this sender are counted against, such as a shared
   * client: senders that return the same object share one limit. The default is this sender.
   */
  default Object client() {
    return this;
  }

  /**
   * Ends this sender. Called once, after the last {@code send} ended or was abandoned; a call that
   * was abandoned before its first line may run that line after this, interrupted. When the job's
   * time is up, this is called on an interrupted thread, or interrupted and abandoned. Does nothing
   * by default.
   *
   * @throws Exception logged, with no further effect
   */
  default void close() throws Exception {}
}
