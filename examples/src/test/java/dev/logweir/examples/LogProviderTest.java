package dev.logweir.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

class LogProviderTest {
  @Test
  void failureOfTheNetwork_isItsTextsOnOneLine() {
    IOException failure =
        new IOException("HTTP 400: no such job", new IOException("connection reset"));

    assertThat(LogProvider.line(Level.WARN, "12 of 34 bytes were not delivered", failure))
        .isEqualTo(
            "WARN 12 of 34 bytes were not delivered: HTTP 400: no such job: connection reset");
  }

  @Test
  void failureOfAProgram_saysWhereItCameFrom() {
    assertThat(LogProvider.line(Level.WARN, "failed", new IllegalStateException("why")))
        .startsWith("WARN failed: java.lang.IllegalStateException: why at dev.logweir.examples.")
        .doesNotContain("\n");
  }

  @Test
  void textThatACauseRepeats_isSaidOnce() {
    IOException failure = new IOException("a: reset", new IOException("reset"));

    assertThat(LogProvider.line(Level.WARN, "failed", failure)).isEqualTo("WARN failed: a: reset");
  }

  @Test
  void provider_isTheOneInUse() {
    assertThat(org.slf4j.LoggerFactory.getILoggerFactory().getClass().getName())
        .startsWith(LogProvider.class.getName());
  }
}
