package dev.logweir.examples;

import picocli.CommandLine;

/** Has a command say in one line what is wrong: 2 is a wrong use, 1 all else. */
final class OneLine {
  private OneLine() {}

  static CommandLine failures(CommandLine command) {
    return command
        .setParameterExceptionHandler(
            (e, args) -> {
              String line = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
              e.getCommandLine()
                  .getErr()
                  .println(command.getCommandName() + ": " + line + " (--help tells more)");
              return 2;
            })
        .setExecutionExceptionHandler(
            (e, failed, parsed) -> {
              failed.getErr().println(command.getCommandName() + ": " + e);
              return 1;
            });
  }
}
