package dev.logweir.kubernetes;

import java.io.IOException;

/** Ends a stream of which it is not known that it is whole. */
final class SeveredException extends IOException {
  private static final long serialVersionUID = 1;

  SeveredException(String message) {
    super(message);
  }
}
