package dev.logweir.kubernetes;

import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.StatusCause;
import java.util.List;
import java.util.OptionalInt;

/** What the server says of a command's end: the frame of the error channel. */
record ExecStatus(OptionalInt exitCode, String message) {
  private static final String SUCCESS = "Success";
  private static final String NON_ZERO = "NonZeroExitCode";
  private static final String EXIT_CODE = "ExitCode";

  /** Reads the exit code; none if the server says something else, such as why nothing ran. */
  static ExecStatus of(Status status) {
    String message = status.getMessage() == null ? "" : status.getMessage();
    if (SUCCESS.equals(status.getStatus())) {
      return new ExecStatus(OptionalInt.of(0), message);
    }
    if (NON_ZERO.equals(status.getReason()) && status.getDetails() != null) {
      List<StatusCause> causes = status.getDetails().getCauses();
      for (StatusCause cause : causes == null ? List.<StatusCause>of() : causes) {
        if (EXIT_CODE.equals(cause.getReason())) {
          return new ExecStatus(number(cause.getMessage()), message);
        }
      }
    }
    return new ExecStatus(OptionalInt.empty(), message);
  }

  private static OptionalInt number(String text) {
    try {
      return OptionalInt.of(Integer.parseInt(text.strip()));
    } catch (NumberFormatException e) {
      return OptionalInt.empty();
    }
  }
}
