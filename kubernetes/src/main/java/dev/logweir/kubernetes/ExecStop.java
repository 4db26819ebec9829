package dev.logweir.kubernetes;

import java.time.Duration;
import java.util.List;

/** The command that stops another one, and all that it started, in the same container. */
final class ExecStop {
  static final String MARK = "LOGWEIR_EXEC";

  /**
   * Sends a signal to every process with the mark in its environment: $1 the mark, $2 the seconds
   * to wait. The processes of this script itself do not have it.
   */
  private static final String SCRIPT =
      """
      each() {
        found=
        for file in /proc/[0-9]*/environ; do
          if grep -q "$1" "$file" 2>/dev/null; then
            process=${file#/proc/}
            kill "-$2" "${process%/environ}" 2>/dev/null && found=1
          fi
        done
      }
      each "$1" TERM
      left=$2
      while [ -n "$found" ] && [ "$left" -gt 0 ]; do
        sleep 1
        left=$((left - 1))
        each "$1" 0
      done
      [ -z "$found" ] || each "$1" KILL
      """;

  private ExecStop() {}

  static List<String> command(String id, Duration grace) {
    long seconds = (grace.toMillis() + 999) / 1000;
    return List.of("sh", "-c", SCRIPT, "logweir-stop", MARK + "=" + id, Long.toString(seconds));
  }
}
