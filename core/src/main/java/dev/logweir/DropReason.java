package dev.logweir;

import java.util.Locale;

/**
 * Why bytes of a job did not arrive. The name in lower case is the value of the tag {@code reason}.
 * More constants may come in later versions.
 */
public enum DropReason {
  /*
   * Where a new one goes besides: the place that drops, and who else decides the reason there (for a
   * buffer or batch that lacks room Room.dropReason; for a batch RoomWait.reason, SinkIntake, BatchShipper;
   * for a call SinkLedger.reasonOf); README, docs/operations.md, the examples' ResultTable; core's
   * api.txt, LogweirMetricsTest, CHANGELOG. Meters, reports, markers, dashboard and alerts need
   * nothing: they have whatever constants there are.
   */

  /** The stream's buffer was full when the job wrote. */
  BUFFER_FULL,
  /** The queue of batches was full, or what processors made had no room in a batch. */
  QUEUE_FULL,
  /** The {@link MemoryBudget} over all jobs was spent. */
  BUDGET,
  /** The JVM had no heap left. */
  MEMORY,
  /** The sender failed after its attempts, or was blocked by too many abandoned calls. */
  SEND_FAILED,
  /** The server refused the lines for good. */
  SEND_REFUSED,
  /**
   * The time given to {@code finish} ended first, or the end was cancelled; or a batch gave way to
   * later ones, or to other sinks, once half of that time was over.
   */
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
