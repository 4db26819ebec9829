package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import dev.logweir.testkit.ManualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A program's whole log, this library's included, shipped by this library at the level TRACE. */
@Timeout(60)
class OwnLogTest {
  /** More than any streak of messages; a log that feeds itself has no bound. */
  private static final int ENOUGH = 200;

  private final ManualTime time = new ManualTime();
  private final SteppedSends sends = new SteppedSends();
  private final LoggerContext context = new LoggerContext();
  private final Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
  private final Logger app = context.getLogger("app");
  private final LogweirEngine engine =
      LogweirEngine.builder().time(time).sendExecutor(sends).loggers(context).build();
  private final List<String> sent = new ArrayList<>();
  private final Queue<String> behind = new ArrayDeque<>();
  private BatchSender behaviour = lines -> {};
  private final BatchShipper shipper =
      BatchShipper.builder(
              lines -> {
                sent.addAll(lines);
                behaviour.send(lines);
              })
          .engine(engine)
          .maxInterval(Duration.ZERO)
          .start();

  @BeforeEach
  void appendToTheShipper() {
    time.whileWaiting((latch, nanos) -> latch.getCount() == 0);
    append(shipper::submit);
    root.setLevel(Level.TRACE);
  }

  private void append(Consumer<String> target) {
    UnsynchronizedAppenderBase<ILoggingEvent> appender =
        new UnsynchronizedAppenderBase<>() {
          @Override
          protected void append(ILoggingEvent event) {
            target.accept(event.getFormattedMessage());
          }
        };
    appender.setContext(context);
    appender.start();
    root.detachAndStopAllAppenders();
    root.addAppender(appender);
  }

  @AfterEach
  void close() {
    time.whileWaiting(
        (latch, nanos) -> {
          sends.runAll();
          return latch.getCount() == 0;
        });
    root.detachAndStopAllAppenders();
    shipper.finish(Duration.ofSeconds(1));
    engine.close(Duration.ZERO);
  }

  private void fail() {
    behaviour =
        lines -> {
          throw new IOException("down");
        };
  }

  /** Lets all go that is due, and what an appender's own thread brings; returns the rounds. */
  private int roundsUntilSilent() {
    int rounds = 0;
    while (rounds < ENOUGH && (sends.runAll() || !behind.isEmpty())) {
      for (String line = behind.poll(); line != null; line = behind.poll()) {
        shipper.submit(line);
      }
      time.advance(Duration.ofSeconds(1));
      rounds++;
    }
    return rounds;
  }

  @Test
  void failuresOfItsOwnLines_areNotSentAgain() {
    fail();
    for (int i = 0; i < 20; i++) {
      app.info("an event of the program");
      assertThat(roundsUntilSilent()).isLessThanOrEqualTo(2);
    }
    assertThat(sent).filteredOn("an event of the program"::equals).hasSize(20);
  }

  @Test
  void appenderWithAThreadOfItsOwn_fallsSilentToo() {
    append(behind::add);
    fail();
    for (int i = 0; i < 20; i++) {
      app.info("an event of the program");
      assertThat(roundsUntilSilent()).isLessThan(20);
    }
  }

  @Test
  void sendersThatFailByTurns_fallSilent() {
    int[] calls = new int[1];
    behaviour =
        lines -> {
          if (calls[0]++ % 2 == 0) {
            throw new IOException("down");
          }
        };
    app.info("an event of the program");
    assertThat(roundsUntilSilent()).isLessThanOrEqualTo(2);
    append(behind::add);
    app.info("an event of the program");
    assertThat(roundsUntilSilent()).isLessThan(20);
  }

  @Test
  void senderThatLogsEachCall_makesNoCallOfItsOwn() {
    behaviour = lines -> app.trace("a request of {} lines", lines.size());
    app.info("an event of the program");
    assertThat(roundsUntilSilent()).isLessThanOrEqualTo(2);
    assertThat(sent).containsExactly("an event of the program");
    app.info("another");
    roundsUntilSilent();
    assertThat(sent).containsExactly("an event of the program", "a request of 1 lines", "another");
  }

  /** What is said of a send, and of a line that a processor refuses, comes back as a line. */
  @Test
  void shipperWithAProcessor_fallsSilentToo() throws Exception {
    BatchShipper processing =
        BatchShipper.builder(
                lines -> {
                  sent.addAll(lines);
                  app.trace("a request of {} lines", lines.size());
                  behaviour.send(lines);
                })
            .engine(engine)
            .maxInterval(Duration.ZERO)
            .processor(
                line -> {
                  app.trace("a line is looked at");
                  if (line.text().startsWith("bad")) {
                    throw new IllegalArgumentException("refused");
                  }
                })
            .start();
    append(processing::submit);
    fail();
    for (int i = 0; i < 20; i++) {
      app.info("an event of the program");
      app.info("bad: another");
      assertThat(roundsUntilSilent(processing)).isLessThanOrEqualTo(3);
    }
    assertThat(sent).filteredOn("an event of the program"::equals).hasSize(20);
    behaviour = lines -> {};
    root.detachAndStopAllAppenders();
    time.whileWaiting(
        (latch, nanos) -> {
          sends.runAll();
          return latch.getCount() == 0;
        });
    SinkReport report = processing.finish(Duration.ofSeconds(1));
    assertThat(report.held()).isEqualTo(Tally.NONE);
    assertThat(report.shipped().plus(report.droppedTotal())).isEqualTo(report.accepted());
  }

  private int roundsUntilSilent(BatchShipper processing) throws Exception {
    int rounds = 0;
    do {
      processing.job.streams().drainNow();
      time.advance(Duration.ofSeconds(1));
    } while (sends.runAll() && ++rounds < ENOUGH);
    return rounds;
  }

  @Test
  void whatWaitsForOtherLines_goesAtTheEnd() {
    behaviour =
        lines -> {
          behaviour = more -> {};
          app.debug("told by the sender");
        };
    app.info("an event of the program");
    roundsUntilSilent();
    time.whileWaiting(
        (latch, nanos) -> {
          sends.runAll();
          return latch.getCount() == 0;
        });
    assertThat(shipper.finish(Duration.ofSeconds(1)).isComplete()).isTrue();
    assertThat(sent).containsExactly("an event of the program", "told by the sender");
  }
}
