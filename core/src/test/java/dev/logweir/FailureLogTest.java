package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.logweir.testkit.ManualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the library's own log says, how often, and what it survives. */
class FailureLogTest {
  private final ManualTime time = new ManualTime();
  private final LoggerContext context = new LoggerContext();
  private final List<ILoggingEvent> events = new ArrayList<>();
  private Consumer<ILoggingEvent> appending = event -> {};
  private final FailureLog log =
      new FailureLog(
          new FailureLog.Loggers(context, time), BatchSender.class.getName(), "build 42");
  private final IOException cause = new IOException("no route");

  @BeforeEach
  void listen() {
    AppenderBase<ILoggingEvent> appender =
        new AppenderBase<>() {
          @Override
          protected void append(ILoggingEvent event) {
            events.add(event);
          }

          @Override
          public synchronized void doAppend(ILoggingEvent event) {
            append(event);
            appending.accept(event); // past the guard of the base class
          }
        };
    appender.setContext(context);
    appender.start();
    Logger logger = context.getLogger(BatchSender.class);
    logger.setLevel(Level.DEBUG);
    logger.addAppender(appender);
  }

  private void fail(int times) {
    for (int i = 0; i < times; i++) {
      log.notDelivered(3, 4, cause, false);
    }
  }

  private void recover() {
    log.goesOn("{}: sending goes on; {} bytes were lost");
  }

  private List<String> told() {
    List<String> lines =
        events.stream().map(event -> event.getLevel() + " " + event.getFormattedMessage()).toList();
    events.clear();
    return lines;
  }

  private List<Level> levels() {
    List<Level> levels = events.stream().map(ILoggingEvent::getLevel).toList();
    events.clear();
    return levels;
  }

  @Test
  void streak_isAWarningThenDebugThenItsEndWithWhatWasLost() {
    fail(2);
    assertThat(events).allMatch(event -> event.getThrowableProxy().getMessage().equals("no route"));
    recover();
    recover();
    assertThat(told())
        .containsExactly(
            "WARN build 42: 3 of 4 bytes of a batch were not delivered",
            "DEBUG build 42: 3 of 4 bytes of a batch were not delivered",
            "INFO build 42: sending goes on; 6 bytes were lost");
  }

  @Test
  void whatASenderSays_isWarnedOfWithoutItsStackTrace() {
    log.notDelivered(3, 4, SendException.failed("HTTP 503", cause), false);
    assertThat(events.get(0).getThrowableProxy()).isNull();
    assertThat(events.get(1).getThrowableProxy().getMessage()).isEqualTo("HTTP 503");
    assertThat(told())
        .containsExactly(
            "WARN build 42: 3 of 4 bytes of a batch were not delivered: HTTP 503",
            "DEBUG build 42: 3 of 4 bytes of a batch were not delivered");
  }

  @Test
  void longStreak_isToldEachTimeItHasDoubled() {
    fail(1_000);
    assertThat(told()).hasSize(4 + 7); // 1 to 4, 8, 16 and so on up to 512
  }

  @Test
  void streaks_areWarnedOfOnceAMinute() {
    fail(1);
    recover();
    time.advance(Duration.ofMinutes(1).minusNanos(1));
    fail(1);
    recover();
    assertThat(levels()).containsExactly(Level.WARN, Level.INFO, Level.DEBUG);
    time.advance(Duration.ofNanos(1));
    fail(1);
    recover();
    assertThat(told())
        .containsExactly(
            "WARN build 42: 3 of 4 bytes of a batch were not delivered",
            "INFO build 42: sending goes on; 6 bytes were lost");
  }

  @Test
  void streakThatBeganWithinTheMinute_isWarnedOfAfterIt() {
    fail(1);
    recover();
    fail(1);
    time.advance(Duration.ofMinutes(1));
    fail(1);
    assertThat(levels()).containsExactly(Level.WARN, Level.INFO, Level.DEBUG, Level.WARN);
  }

  @Test
  void lastFailure_isWarnedOfInTheMidstOfAStreak() {
    fail(2);
    log.notDelivered(4, 4, cause, true);
    assertThat(levels()).containsExactly(Level.WARN, Level.DEBUG, Level.WARN);
  }

  @Test
  void messageOutOfAnAppender_isLeftOut() {
    appending = event -> fail(1);
    fail(1);
    assertThat(told()).hasSize(1);
    appending = event -> {};
    fail(1);
    assertThat(told()).hasSize(1);
  }

  @Test
  void whateverALoggerThrows_isSwallowed() {
    for (Throwable thrown : Faults.ALL) {
      FailureLog broken =
          new FailureLog(
              new FailureLog.Loggers(name -> Faults.throwIt(thrown), time),
              BatchSender.class.getName(),
              "job-1");
      appending = event -> Faults.throwIt(thrown);
      for (FailureLog tried : List.of(broken, log)) {
        assertThatCode(
                () -> {
                  tried.notDelivered(1, 1, cause, false);
                  tried.failed("{}: failed", cause);
                  tried.failedUnseen("{}: {} at {}", cause);
                  tried.goesOn("{}: goes on");
                  tried.warn("{}: {}", "detail", cause);
                  tried.warnUnseen("{}: {} {} {}", "detail", cause);
                  tried.debug("{}: {} {}", "a", "b");
                })
            .doesNotThrowAnyException();
        assertThat(tried.isTelling()).isFalse();
      }
    }
  }

  @Test
  void exceptionThatSaysHostileThings_isNamed() {
    for (Throwable hostile : Faults.HOSTILE) {
      log.warn("{}: a sender failed", null, hostile);
      log.warnUnseen("{}: a {} failed: {}, at {}", "processor", hostile);
      assertThat(told())
          .hasSize(2)
          .allMatch(
              line -> line.contains(hostile.getClass().getName()), hostile.getClass().getName());
    }
  }
}
