package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Runs classes of this jar in JVMs of their own. */
final class ChildJvm {
  /** With what a heap can be measured to the byte. */
  static final List<String> EXACT =
      List.of("-XX:+UseSerialGC", "-XX:MarkSweepAlwaysCompactCount=1", "-XX:MarkSweepDeadRatio=0");

  private static final List<String> QUIET = List.of("-Dorg.slf4j.simpleLogger.defaultLogLevel=off");

  private ChildJvm() {}

  /** Returns the command that runs a class in a JVM as this one. */
  static List<String> command(List<String> options, Class<?> main, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(arguments);
    return command;
  }

  /**
   * Runs a class to its end.
   *
   * @param options of the JVM
   * @param output takes each line of its output, of both kinds
   * @return the exit code
   */
  static int run(
      List<String> options, Class<?> main, List<String> arguments, Consumer<String> output)
      throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(options);
    all.addAll(QUIET);
    Process process =
        new ProcessBuilder(command(all, main, arguments)).redirectErrorStream(true).start();
    try (BufferedReader lines = process.inputReader(UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        output.accept(line);
      }
      return process.waitFor();
    } finally {
      process.destroyForcibly();
    }
  }
}
