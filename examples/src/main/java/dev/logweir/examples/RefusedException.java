package dev.logweir.examples;

/** A request that the embedded endpoint answers with an HTTP status of its own. */
final class RefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String reason;

  RefusedException(int status, String reason) {
    super(reason);
    this.status = status;
    this.reason = reason;
  }

  String reason() {
    return reason;
  }

  int status() {
    return status;
  }
}
