package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ForeignTextTest {
  @Test
  void shortened_isOneLine() {
    assertThat(ForeignText.shortened(" a\r\n\t b\u0007\u001b[c\u2028 ")).isEqualTo("a b [c");
    assertThat(ForeignText.shortened("\n\u0000")).isEmpty();
  }

  @Test
  void shortened_showsWhatCannotBeSeen() {
    assertThat(ForeignText.shortened("to\u202eredro\u200b")).isEqualTo("to?redro?");
    assertThat(ForeignText.shortened("half \ud83c of a pair \ud83c\udf89"))
        .isEqualTo("half ? of a pair \ud83c\udf89");
  }

  @Test
  void shortened_hasNoMoreThanItSays() {
    assertThat(ForeignText.shortened("x".repeat(300))).isEqualTo("x".repeat(300));
    assertThat(ForeignText.shortened("x".repeat(300) + " \n")).isEqualTo("x".repeat(300));
    assertThat(ForeignText.shortened("x".repeat(301))).isEqualTo("x".repeat(297) + "...");
    assertThat(ForeignText.shortened("x".repeat(1_000_000))).hasSize(300);
    assertThat(ForeignText.shortened("x" + "\ud83c\udf89".repeat(400)))
        .hasSize(300)
        .endsWith("\udf89...");
    assertThat(ForeignText.shortened("\ud83c\udf89".repeat(400)))
        .hasSize(299)
        .endsWith("\udf89...");
  }
}
