package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A wrapped command on its way through other shells, as {@code docs/feeding.md} has it. */
@Timeout(60)
class ExitMarkerQuotingTest {
  /** As in {@code docs/feeding.md}. */
  private static String line(List<String> command) {
    StringBuilder line = new StringBuilder();
    for (String argument : command) {
      line.append(" '").append(argument.replace("'", "'\\''")).append("'");
    }
    return line.toString();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "exit 7",
        "echo 'single' \"double\" `echo back`; exit 7",
        "a='it'\\''s'; echo \"$a $HOME $$ * ~ !x\"; false || exit 7",
        "printf '%s\\n' a\\ b; echo \\\\ '\\'; # a comment\nexit 7",
        "cat <<'END'\n$(not run) 'x'\nEND\nexit 7"
      })
  void quotedForEachShell_saysTheSameAsWithoutOne(String script) throws Exception {
    Ran direct = run(script, 0);

    assertThat(direct.report().end().exitCode()).hasValue(7);
    assertThat(direct.report().isComplete()).isTrue();
    for (int shells = 1; shells <= 3; shells++) {
      Ran through = run(script, shells);

      assertThat(through.report().end()).as("%d shells", shells).isEqualTo(direct.report().end());
      assertThat(through.report().isComplete()).as("%d shells", shells).isTrue();
      assertThat(withoutPid(through.lines())).isEqualTo(withoutPid(direct.lines()));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"exit 7"})
  void notQuoted_isSevered(String script) throws Exception {
    ExitMarker marker = ExitMarker.random();

    Ran ran = run(marker, List.of("sh", "-c", String.join(" ", marker.wrap("sh", script))));

    assertThat(ran.report().end()).isEqualTo(LogEnd.SEVERED);
    assertThat(ran.report().isComplete()).isFalse();
  }

  private record Ran(LogReport report, List<String> lines) {}

  /** Runs it by so many shells, each of which reads a line. */
  private static Ran run(String script, int shells) throws Exception {
    ExitMarker marker = ExitMarker.random();
    List<String> command = marker.wrap("sh", script);
    for (int i = 0; i < shells; i++) {
      command = List.of("sh", "-c", line(command));
    }
    return run(marker, command);
  }

  private static Ran run(ExitMarker marker, List<String> command) throws Exception {
    List<String> lines = new ArrayList<>();
    try (LogStreamer log = LogStreamer.builder(lines::addAll).exitMarker(marker).start()) {
      Process child =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      child.getOutputStream().close();
      log.pump(child);
      return new Ran(log.finish(), lines);
    }
  }

  /** The shells' own numbers differ. */
  private static List<String> withoutPid(List<String> lines) {
    return lines.stream().map(line -> line.replaceAll("\\b\\d{2,}\\b", "PID")).toList();
  }
}
