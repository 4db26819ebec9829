package dev.logweir.kubernetes;

/** The result of following a container's log. Immutable. */
public final class PodLogResult {
  private final PodLogStream.End end;
  private final String message;

  PodLogResult(PodLogStream.End end, String message) {
    this.end = end;
    this.message = message;
  }

  /** Returns whether it was read to its end without a gap; if not, the log is not complete. */
  public boolean isComplete() {
    return end.isComplete();
  }

  /** Returns how often lines may be missing in the middle; each has a line that says so. */
  public int gaps() {
    return end.gaps();
  }

  /**
   * Returns the HTTP status with which the server refused the log, if that ended it; 0 else. 404 if
   * there is no such pod, mostly 400 if it has no such container.
   */
  public int status() {
    return end.status();
  }

  /** Returns one line for a person, with namespace, pod and container, and the server's words. */
  @Override
  public String toString() {
    return message;
  }
}
