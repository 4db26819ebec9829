package dev.logweir.examples;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Runs commands as jobs, each with a log of its own that is shipped: to OpsLevel's API, to an
 * endpoint within this process that checks and counts what arrives, or to a Faktory server.
 *
 * <p>The result goes to stdout, progress and what went wrong to stderr. Exit code 0: every job
 * ended well and its whole log arrived; 1: not so; 2: the command line was wrong. A signal ends the
 * jobs and ships what they have written.
 */
@Command(
    name = "local-runner",
    sortOptions = false,
    usageHelpAutoWidth = true,
    mixinStandardHelpOptions = true,
    version = "logweir 0.1.0",
    synopsisHeading = "Usage: ",
    customSynopsis = "local-runner [OPTIONS] [-- COMMAND...]",
    description = "Runs commands as jobs and ships their output within a fixed amount of memory.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:every job ended well and its whole log arrived",
      "1:a job failed, or its log is not complete",
      "2:the command line is wrong"
    })
public final class LocalRunner implements Callable<Integer> {
  @Mixin private final RunnerOptions options = new RunnerOptions();
  @Spec private CommandSpec spec = CommandSpec.create();

  /** Runs and exits. */
  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new LocalRunner())
        .setStopAtPositional(true)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(LocalRunner::wrongUse)
        .setExecutionExceptionHandler(LocalRunner::failed);
  }

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    Run run;
    try {
      options.check();
      run = Run.prepare(options, out, err);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
    try (run) {
      return run.toEnd();
    }
  }

  private static int wrongUse(ParameterException e, String[] args) {
    String line = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    e.getCommandLine().getErr().println("local-runner: " + line + " (--help tells more)");
    return 2;
  }

  private static int failed(Exception e, CommandLine command, CommandLine.ParseResult parsed) {
    command.getErr().println("local-runner: " + e);
    return 1;
  }
}
