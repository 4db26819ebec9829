package dev.logweir.kubernetes;

import java.util.OptionalInt;

/** How a command in a pod ended. Immutable. */
public final class PodExecResult {
  /** Why the stream ended. More constants may come in later versions. */
  public enum Cause {
    /** The server closed it, as it does at the end of a command; or a proxy did. */
    CLOSED,
    /** The connection failed: it was reset, a ping was not answered, or the client was closed. */
    FAILED,
    /**
     * The server reported a failure without an exit code: often the command did not start at all.
     */
    REFUSED,
    /** The pod is gone, or has come to its end. */
    POD_GONE,
    /** The container has ended, or was restarted. */
    CONTAINER_GONE,
    /** The API server could not be reached in three checks in a row, while no byte came. */
    UNREACHABLE,
    /** {@link PodExec.Builder#maxDuration} was over. */
    TIMED_OUT
  }

  private final OptionalInt exitCode;
  private final Cause cause;
  private final String message;

  PodExecResult(OptionalInt exitCode, Cause cause, String message) {
    this.exitCode = exitCode;
    this.cause = cause;
    this.message = message;
  }

  /**
   * Returns the exit code, if it is known that the command has ended; empty if the stream was
   * severed before: then the command may still be running, and the log is not complete.
   */
  public OptionalInt exitCode() {
    return exitCode;
  }

  /** Returns whether the stream ended without a sign of the command's end. */
  public boolean isSevered() {
    return exitCode.isEmpty();
  }

  /** Returns why the stream ended. */
  public Cause cause() {
    return cause;
  }

  /** Returns one line for a person, with namespace, pod and container. */
  @Override
  public String toString() {
    return message;
  }
}
