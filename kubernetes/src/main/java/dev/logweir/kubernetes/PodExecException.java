package dev.logweir.kubernetes;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Says that a command was not started in a pod, or that it is not known whether it was, as no
 * answer came. The message has namespace, pod and container, and why.
 */
public final class PodExecException extends IOException {
  private static final long serialVersionUID = 1;

  private final int status;

  PodExecException(String message, int status, @Nullable Throwable cause) {
    super(message, cause);
    this.status = status;
  }

  /**
   * Returns the HTTP status that the server answered; 404 if there is no such pod, 409 if it, or
   * its container, does not run; 0 if no answer came.
   */
  public int status() {
    return status;
  }
}
