package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A run of one {@link Peer} in a JVM of its own, and its figures, by name; none if it failed.
 *
 * @param kind what was run: latency, overload or close
 */
record ForkedRun(String kind, Peer peer, Map<String, Double> figures) {
  private static final int LIMIT_SECONDS = 180;

  /** Runs a main class with a peer's name and a number of seconds, and waits for it. */
  static ForkedRun of(String kind, Class<?> main, Peer peer, int seconds, Path log)
      throws IOException, InterruptedException {
    return start(main, peer, seconds, log).await(kind);
  }

  /** Starts one. */
  static Running start(Class<?> main, Peer peer, int seconds, Path log) throws IOException {
    List<String> arguments = List.of(peer.name(), String.valueOf(seconds));
    Process process =
        new ProcessBuilder(ChildJvm.command(List.of("-Xmx1g"), main, arguments))
            .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    return new Running(peer, process);
  }

  /** A run that has not ended. */
  record Running(Peer peer, Process process) {
    /** Returns the figures that it printed; none if it failed or took too long. */
    ForkedRun await(String kind) throws IOException, InterruptedException {
      Map<String, Double> figures = new LinkedHashMap<>();
      process.onExit().orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).exceptionally(e -> kill());
      try (BufferedReader lines = process.inputReader(UTF_8)) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          if (line.startsWith(Outcome.PREFIX)) {
            int value = line.lastIndexOf(' ');
            figures.put(
                line.substring(Outcome.PREFIX.length(), value),
                Double.valueOf(line.substring(value + 1)));
          }
        }
      }
      return new ForkedRun(kind, peer, process.waitFor() == 0 ? figures : Map.of());
    }

    private Process kill() {
      return process.destroyForcibly();
    }
  }
}
