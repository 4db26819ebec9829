package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

class Slf4jEchoTest {
  private final Logger logger = new LoggerContext().getLogger("job");
  private final ListAppender<ILoggingEvent> events = new ListAppender<>();

  @BeforeEach
  void listen() {
    logger.setLevel(ch.qos.logback.classic.Level.INFO);
    events.start();
    logger.addAppender(events);
  }

  @Test
  void onLine_writesTheTextWithItsSource() {
    Slf4jEcho echo = Slf4jEcho.to(logger);
    echo.onLine(line(LogSource.STDOUT, "built {} in 3 s\tè"));
    echo.onLine(line(LogSource.STDERR, ""));

    assertThat(texts()).containsExactly("stdout: built {} in 3 s\tè", "stderr: ");
    assertThat(events.list.get(0).getLevel()).isEqualTo(ch.qos.logback.classic.Level.INFO);
  }

  @Test
  void onLine_makesControlCharactersVisible() {
    Slf4jEcho.to(logger)
        .onLine(
            line(
                LogSource.STDOUT,
                "\u001B[31mred\r\n\0\u007F\u0085\u009B\u2028\u2029\u202E\u2066\u200F\u061Cend"));

    assertThat(texts())
        .containsExactly(
            "stdout: \\u001b[31mred\\u000d\\u000a\\u0000\\u007f\\u0085\\u009b\\u2028\\u2029"
                + "\\u202e\\u2066\\u200f\\u061cend");
  }

  @Test
  void onLine_usesTheLevel() {
    Slf4jEcho.to(logger, Level.DEBUG).onLine(line(LogSource.STDOUT, "hidden"));
    Slf4jEcho.to(logger, Level.WARN).onLine(line(LogSource.STDOUT, "shown"));

    assertThat(texts()).containsExactly("stdout: shown");
    assertThat(events.list.get(0).getLevel()).isEqualTo(ch.qos.logback.classic.Level.WARN);
  }

  @Test
  void nulls_areRefusedByName() {
    assertThatNullPointerException().isThrownBy(() -> Slf4jEcho.to(null)).withMessage("logger");
    assertThatNullPointerException()
        .isThrownBy(() -> Slf4jEcho.to(logger, null))
        .withMessage("level");
  }

  private List<String> texts() {
    return events.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  private static LogLine line(LogSource source, String text) {
    LogLine line = new LogLine(source);
    byte[] bytes = text.getBytes(UTF_8);
    line.setContent(bytes, 0, bytes.length);
    return line;
  }
}
