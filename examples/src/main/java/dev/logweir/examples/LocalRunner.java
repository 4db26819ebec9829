package dev.logweir.examples;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
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
 * jobs and ships what they have written. Jobs wait where there is no room, unless {@code --drop} is
 * given.
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
    footerHeading = "%nAs the first word instead of options:%n",
    footer = {
      "  demo   shows the guarantees, with an API that works and one that hangs",
      "  size   says how much memory a pod needs (size --help)",
      "  kubernetes   runs jobs in pods, as OpsLevel's runner does (kubernetes --help)"
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:every job ended well and its whole log arrived",
      "1:a job failed, or its log is not complete",
      "2:the command line is wrong"
    })
public final class LocalRunner implements Callable<Integer> {
  private static final Pattern SETTING = Pattern.compile("\\b[a-z]+(?:[A-Z][a-z]*)+\\b");
  private static final Pattern CAPITAL = Pattern.compile("[A-Z]");

  @Mixin private final RunnerOptions options = new RunnerOptions();
  @Spec private CommandSpec spec = CommandSpec.create();

  /** Runs and exits. */
  public static void main(String[] args) {
    String first = args.length == 0 ? "" : args[0];
    String[] rest = args.length == 0 ? args : Arrays.copyOfRange(args, 1, args.length);
    System.exit(
        switch (first) {
          case "demo" -> Demo.commandLine().execute(rest);
          case "kubernetes" -> PodRunner.commandLine().execute(rest);
          case "size" -> Size.commandLine().execute(rest);
          default -> commandLine().execute(args);
        });
  }

  static CommandLine commandLine() {
    return new CommandLine(new LocalRunner())
        .setStopAtPositional(true)
        // A command's arguments are its own: @name is no file of options.
        .setExpandAtFiles(false)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(LocalRunner::wrongUse)
        .setExecutionExceptionHandler(LocalRunner::failed);
  }

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    Console console = Console.ofStderr(spec.commandLine().getErr());
    Run run;
    try {
      options.check();
      run = Run.prepare(options, out, console);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          spec.commandLine(), withOptionNames(String.valueOf(e.getMessage())), e);
    }
    try (run) {
      return run.toEnd();
    }
  }

  /** The library speaks of its settings, such as maxSize: here they are options, --max-size. */
  private String withOptionNames(String message) {
    return SETTING
        .matcher(message)
        .replaceAll(
            setting -> {
              String option =
                  "--"
                      + CAPITAL.matcher(setting.group()).replaceAll("-$0").toLowerCase(Locale.ROOT);
              return spec.optionsMap().containsKey(option) ? option : setting.group();
            });
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
