package dev.logweir;

import java.util.Locale;

/**
 * How a job ended, as reported to its API, in the words of OpsLevel's GraphQL API: the name in
 * lower case is the value sent. A sink for another API sends the same ones or maps them. More
 * constants may come in later versions.
 */
public enum JobOutcome {
  /** The job never started. */
  UNSTARTED,
  /** The job was canceled. */
  CANCELED,
  /** The job ran and failed. */
  FAILED,
  /** The job ran and succeeded. */
  SUCCESS,
  /** The job waited too long for its start. */
  QUEUE_TIMEOUT,
  /** The job ran too long. */
  EXECUTION_TIMEOUT,
  /** The job's pod took too long to get ready. */
  POD_TIMEOUT;

  private final String value = name().toLowerCase(Locale.ROOT);

  /** Returns the value sent, such as {@code queue_timeout}. */
  public String value() {
    return value;
  }
}
