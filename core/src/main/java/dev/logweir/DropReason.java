package dev.logweir;

import java.util.Locale;

/**
 * Why bytes of a job did not arrive. The name in lower case is the value of the tag {@code reason}.
 * More constants may come in later versions.
 */
public enum DropReason {
  /** The stream's buffer was full when the job wrote. */
  BUFFER_FULL,
  /** The queue of batches was full when a batch was sealed. */
  QUEUE_FULL,
  /** The {@link MemoryBudget} over all jobs was spent when the job wrote. */
  BUDGET,
  /** The JVM had no heap left when the job wrote. */
  MEMORY,
  /** The sender tried in vain, or too many abandoned calls stand in its way. */
  SEND_FAILED,
  /** The server refused the lines for good. */
  SEND_REFUSED,
  /** The time given to {@code finish} ended first, or the end was cancelled. */
  FLUSH_TIMEOUT,
  /** Written after the stream was closed. */
  CLOSED,
  /** A processor threw on the line. */
  PROCESSOR_FAILED;

  static final DropReason[] ALL = values();

  private final String value = name().toLowerCase(Locale.ROOT);

  /**
   * Returns the reason as it stands in markers and in the tag of the meters, such as {@code
   * buffer_full}.
   */
  public String value() {
    return value;
  }

  int bit() {
    return 1 << ordinal();
  }
}
