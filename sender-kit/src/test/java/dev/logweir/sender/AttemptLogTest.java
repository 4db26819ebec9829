package dev.logweir.sender;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class AttemptLogTest {
  private final Logger logger = (Logger) LoggerFactory.getLogger(AttemptLogTest.class);
  private final List<String> logged = new ArrayList<>();
  private final AtomicLong nanos = new AtomicLong();
  private final AttemptLog log = new AttemptLog(AttemptLogTest.class, "the server", nanos::get);
  private boolean throwing;

  private final AppenderBase<ILoggingEvent> appender =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          logged.add(event.getLevel() + " " + event.getFormattedMessage());
        }

        @Override
        public synchronized void doAppend(ILoggingEvent event) {
          if (throwing) {
            throw new IllegalStateException("an appender that throws");
          }
          super.doAppend(event);
        }
      };

  @BeforeEach
  void start() {
    logger.setLevel(Level.INFO);
    appender.start();
    logger.addAppender(appender);
  }

  @AfterEach
  void stop() {
    logger.detachAppender(appender);
  }

  @Test
  void streak_isLoggedOnceAndItsEndToo() {
    fail(TestResult.BUSY);
    fail(TestResult.BUSY);
    log.succeeded();
    log.succeeded();

    assertThat(logged)
        .containsExactly("WARN attempt failed: BUSY", "INFO the server accepts requests again");
  }

  @Test
  void streaks_areLoggedOnceAMinute() {
    for (int streak = 0; streak < 3; streak++) {
      fail(TestResult.BUSY);
      log.succeeded();
      nanos.addAndGet(TimeUnit.SECONDS.toNanos(20));
    }
    assertThat(logged).hasSize(2);

    fail(TestResult.BUSY);

    assertThat(logged).hasSize(3);
  }

  @Test
  void refusal_isNoStreak() {
    fail(TestResult.REFUSED);
    log.succeeded();

    assertThat(logged).isEmpty();
  }

  @Test
  void detail_isAtDebug() {
    logger.setLevel(Level.DEBUG);
    fail(TestResult.BUSY);
    fail(TestResult.REFUSED);

    assertThat(logged)
        .containsExactly(
            "WARN attempt failed: BUSY", "DEBUG attempt failed", "DEBUG attempt failed: REFUSED");
  }

  @Test
  void appenderThatThrows_costsItsMessage() {
    throwing = true;
    fail(TestResult.BUSY);
    log.succeeded();
    throwing = false;
    nanos.addAndGet(TimeUnit.MINUTES.toNanos(1));

    fail(TestResult.BUSY);

    assertThat(logged).containsExactly("WARN attempt failed: BUSY");
  }

  private void fail(TestResult result) {
    log.failed(new AttemptException(result, result.name(), null));
  }
}
