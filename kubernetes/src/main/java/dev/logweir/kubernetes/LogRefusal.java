package dev.logweir.kubernetes;

import dev.logweir.ForeignText;
import java.io.IOException;

/** Says that the server refused a container's log, with its words. */
final class LogRefusal extends IOException {
  private static final long serialVersionUID = 1;

  private final int status;

  LogRefusal(int status, String words) {
    super("HTTP " + status + (words.isEmpty() ? "" : ": " + ForeignText.shortened(words)));
    this.status = status;
  }

  int status() {
    return status;
  }
}
