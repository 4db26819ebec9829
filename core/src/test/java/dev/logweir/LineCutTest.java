package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class LineCutTest {
  private static final String ESC = "\u001B";

  /** Sequences as programs write them, each a whole. */
  private static final List<String> SEQUENCES =
      List.of(
          ESC + "[0m",
          ESC + "[38;5;208m",
          ESC + "[?25l",
          ESC + "[2 q",
          ESC + "]0;a title é\u0007",
          ESC + "]8;;https://example.org/a?b=c" + ESC + "\\",
          ESC + "Pq#0" + ESC + "\\",
          ESC + "_Ga=T;AAAA" + ESC + "\\",
          ESC + "(B",
          ESC + "#8",
          ESC + "M",
          ESC + "7");

  private static int boundary(String text, int end) {
    byte[] bytes = text.getBytes(UTF_8);
    return LineCut.boundary(bytes, 0, end);
  }

  @Test
  void sequence_isCutNowhereButAtItsEnds() {
    for (String sequence : SEQUENCES) {
      int length = sequence.getBytes(UTF_8).length;
      String text = "ab" + sequence + "cd";
      for (int end = 3; end < 2 + length; end++) {
        assertThat(boundary(text, end)).as("%s cut at %s", text, end).isEqualTo(2);
      }
      assertThat(boundary(text, 2)).isEqualTo(2);
      assertThat(boundary(text, 2 + length)).as(text).isEqualTo(2 + length);
      assertThat(boundary(text, 3 + length)).as(text).isEqualTo(3 + length);
    }
  }

  @Test
  void sequencesInARow_areEachKeptWhole() {
    String text = "ab" + ESC + "[1m" + ESC + "[31m";
    for (int end = 7; end < 11; end++) {
      assertThat(boundary(text, end)).isEqualTo(6);
    }
    assertThat(boundary(text, 11)).isEqualTo(11);
  }

  @Test
  void sequence_thatIsBrokenOffByAnotherByteIsText() {
    assertThat(boundary("ab" + ESC + "[31\tcd", 7)).isEqualTo(7);
    assertThat(boundary("ab" + ESC + "\u0001cd", 5)).isEqualTo(5);
    assertThat(boundary("ab" + ESC + "]0;x" + ESC + "[1mcd", 11)).isEqualTo(11);
    assertThat(boundary("ab" + ESC + "]0;x" + ESC + "[1mcd", 9)).isEqualTo(7);
  }

  @Test
  void longSequence_isCutLikeText() {
    String text = "a" + ESC + "]0;" + "t".repeat(300);
    assertThat(boundary(text, LineCut.MAX_ESCAPE_BYTES + 1)).isEqualTo(1);
    assertThat(boundary(text, LineCut.MAX_ESCAPE_BYTES + 2))
        .isEqualTo(LineCut.MAX_ESCAPE_BYTES + 2);
  }

  @Test
  void nothing_isNotWhatIsLeft() {
    assertThat(boundary(ESC + "[31m", 3)).isEqualTo(3);
    assertThat(boundary("", 0)).isZero();
    assertThat(boundary(ESC, 1)).isEqualTo(1);
  }

  @Test
  void character_isNotCutEither() {
    assertThat(boundary("aé", 2)).isEqualTo(1);
    assertThat(boundary("ab" + ESC + "]0;é\u0007", 7)).isEqualTo(2);
  }
}
