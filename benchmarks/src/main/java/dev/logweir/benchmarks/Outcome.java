package dev.logweir.benchmarks;

import java.util.Locale;

/** Prints a figure of a run in a form that {@link SpeedRun} reads. */
final class Outcome {
  /** What a line with a figure begins with; a name and a number follow. */
  static final String PREFIX = "figure ";

  private Outcome() {}

  /** Makes the program end when this thread fails, whatever threads a peer runs. */
  static void begin() {
    Thread.currentThread()
        .setUncaughtExceptionHandler(
            (thread, failure) -> {
              failure.printStackTrace();
              Runtime.getRuntime().halt(1);
            });
  }

  static void figure(String name, double value) {
    System.out.printf(Locale.ROOT, "%s%s %.6g%n", PREFIX, name, value);
  }

  /** Ends the program, whatever threads a peer has left behind. */
  static void end() {
    System.out.flush();
    Runtime.getRuntime().halt(0);
  }
}
