package dev.logweir.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConsoleTest {
  private final StringWriter written = new StringWriter();

  @Test
  void terminal_redrawsTheProgressInPlaceBelowTheMessages() {
    Console console = new Console(new PrintWriter(written), true, 80);

    console.progress(List.of("1 done", "in 1"));
    console.line("a message");
    console.progress(List.of("2 done", "in 2"));
    console.endProgress();

    assertThat(screen(written.toString())).containsExactly("a message", "");
    assertThat(written.toString()).contains("1 done", "2 done");
  }

  @Test
  void terminal_showsTheLastProgressOnce() {
    Console console = new Console(new PrintWriter(written), true, 80);

    for (int i = 0; i < 5; i++) {
      console.progress(List.of(i + " done", "in " + i, "out " + i));
    }

    assertThat(screen(written.toString())).containsExactly("4 done", "in 4", "out 4");
  }

  @Test
  void terminal_cutsWhatWouldWrap() {
    Console console = new Console(new PrintWriter(written), true, 10);

    console.progress(List.of("0123456789abcdef", "second"));
    console.progress(List.of("0123456789abcdef", "second"));

    assertThat(screen(written.toString())).containsExactly("012345678", "second");
  }

  @Test
  void elsewhere_eachProgressIsALineWithoutEscapeCodes() {
    Console console = new Console(new PrintWriter(written), false, 80);

    console.progress(List.of("1 done", "in 1"));
    console.line("a message");
    console.progress(List.of("2 done", "in 2"));
    console.endProgress();

    assertThat(written.toString().lines())
        .containsExactly("1 done | in 1", "a message", "2 done | in 2");
  }

  @Test
  void message_cannotSteerTheTerminal() {
    Console console = new Console(new PrintWriter(written), false, 80);

    console.line("HTTP 400: \u001B[2J\r\u0007\u009B2Jgone");

    assertThat(written.toString()).startsWith("HTTP 400: ?[2J???2Jgone");
  }

  /** What a terminal shows in the end; knows no more codes than are needed. */
  private static List<String> screen(String text) {
    List<StringBuilder> lines = new ArrayList<>(List.of(new StringBuilder()));
    int row = 0;
    int column = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\r') {
        column = 0;
      } else if (c == '\n') {
        row++;
        column = 0;
        if (row == lines.size()) {
          lines.add(new StringBuilder());
        }
      } else if (c == '\u001B') {
        int end = i + 2;
        while (Character.isDigit(text.charAt(end))) {
          end++;
        }
        switch (text.charAt(end)) {
          case 'A' -> row -= Integer.parseInt(text.substring(i + 2, end));
          case 'K' -> lines.get(row).setLength(column);
          case 'J' -> {
            lines.get(row).setLength(column);
            lines.subList(row + 1, lines.size()).clear();
          }
          default -> throw new AssertionError("unknown code: " + text.charAt(end));
        }
        i = end;
      } else {
        lines.get(row).setLength(column);
        lines.get(row).append(c);
        column++;
      }
    }
    return lines.stream().map(StringBuilder::toString).toList();
  }
}
