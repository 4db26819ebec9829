package dev.logweir;

import java.util.BitSet;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A failure to deliver a batch, with its kind and, where the sender knows them, the lines not
 * delivered.
 *
 * <p>Any other throwable from {@link BatchSender#send} means {@link Kind#FAILED} for the whole
 * batch.
 */
public final class SendException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Whether the lines are lost for now or for good. More constants may come in later versions. */
  public enum Kind {
    /*
     * Where a new one goes besides: SinkLedger.reasonOf and LogweirMetrics.sent, for which each kind but
     * the first is a refusal; CommonResult of sender-kit; the tables in docs/ of both sinks.
     */

    /**
     * All attempts failed: the lines are dropped as {@code send_failed}, the next batch is tried.
     */
    FAILED,
    /** Refused for good: the lines are dropped as {@code send_refused}, the next batch is tried. */
    REFUSED,
    /**
     * The job is unknown to the server: nothing more is sent for it, the rest is {@code
     * send_refused}.
     */
    JOB_GONE
  }

  private final Kind kind;
  private final @Nullable BitSet undelivered;

  /**
   * Creates a failure of the whole batch.
   *
   * @throws NullPointerException if {@code kind} or {@code message} is null
   */
  public SendException(Kind kind, String message, @Nullable Throwable cause) {
    this(kind, message, cause, null);
  }

  /**
   * Creates a failure of some lines of the batch; the others count as shipped.
   *
   * @param undelivered the indices in the batch of the lines not delivered; copied; null means all
   * @throws NullPointerException if {@code kind} or {@code message} is null
   */
  public SendException(
      Kind kind, String message, @Nullable Throwable cause, @Nullable BitSet undelivered) {
    super(Objects.requireNonNull(message, "message"), cause);
    this.kind = Objects.requireNonNull(kind, "kind");
    this.undelivered = undelivered == null ? null : (BitSet) undelivered.clone();
  }

  /**
   * Returns a failure of the whole batch after all attempts.
   *
   * @throws NullPointerException if {@code message} is null
   */
  public static SendException failed(String message, @Nullable Throwable cause) {
    return new SendException(Kind.FAILED, message, cause);
  }

  /**
   * Returns the refusal of the whole batch, for good.
   *
   * @throws NullPointerException if {@code message} is null
   */
  public static SendException refused(String message, @Nullable Throwable cause) {
    return new SendException(Kind.REFUSED, message, cause);
  }

  /**
   * Returns a failure because the server does not know the job: this batch and what follows is
   * refused.
   *
   * @throws NullPointerException if {@code message} is null
   */
  public static SendException jobGone(String message, @Nullable Throwable cause) {
    return new SendException(Kind.JOB_GONE, message, cause);
  }

  /** Returns the kind of failure. */
  public Kind kind() {
    return kind;
  }

  /** Returns whether the line at an index of the batch was not delivered. */
  public boolean isUndelivered(int index) {
    return undelivered == null || undelivered.get(index);
  }

  boolean isWholeBatch() {
    return undelivered == null;
  }
}
