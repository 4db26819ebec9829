package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.logweir.testkit.ManualTime;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** What a send leaves in the log and the meters, and what becomes of one that is given up. */
@Timeout(60)
class SendTaskTest {
  private static final Duration NOW = Duration.ZERO;

  private final ManualTime time = new ManualTime();
  private final SteppedSends sends = new SteppedSends();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final LogweirEngine engine =
      LogweirEngine.builder()
          .time(time)
          .sendExecutor(sends)
          .metrics(LogweirMetrics.register(registry))
          .build();
  private final Logger logger = (Logger) LoggerFactory.getLogger(BatchSender.class);
  private final ListAppender<ILoggingEvent> events = new ListAppender<>();
  private final List<List<String>> arrived = new ArrayList<>();
  private BatchSender behaviour = lines -> {};
  private final BatchShipper shipper =
      BatchShipper.builder(
              lines -> {
                behaviour.send(lines);
                arrived.add(Tokenless.lines(lines));
              })
          .engine(engine)
          .maxSize(4 << 10)
          .maxInterval(Duration.ZERO)
          .start();

  @BeforeEach
  void listen() {
    time.whileWaiting(
        (latch, nanos) -> {
          sendAll();
          return latch.getCount() == 0;
        });
    events.start();
    logger.addAppender(events);
  }

  @AfterEach
  void close() {
    logger.detachAppender(events);
    sends.close(false);
    sendAll();
    shipper.finish(NOW);
    sendAll();
    engine.close(NOW);
  }

  private void sendAll() {
    while (sends.runAll()) {
      // until nothing is handed over any more
    }
  }

  private void send(String line) {
    shipper.submit(line);
    sendAll();
  }

  private void failWith(Exception failure) {
    behaviour =
        lines -> {
          throw failure;
        };
  }

  private List<String> logged(Level level) {
    return events.list.stream()
        .filter(event -> event.getLevel() == level)
        .map(ILoggingEvent::getFormattedMessage)
        .toList();
  }

  private Timer timer(String outcome) {
    return registry.get("logweir.send").tag("outcome", outcome).timer();
  }

  @Test
  void failures_areLoggedOnceAStreakAndItsEndWithWhatWasLost() {
    IOException cause = new IOException("no route");
    for (int streak = 0; streak < 2; streak++) {
      events.list.clear();
      time.advance(Duration.ofMinutes(streak));
      failWith(cause);
      send("one");
      send("three");
      send("five");
      assertThat(logged(Level.WARN))
          .containsExactly("job-1: 4 of 4 bytes of a batch were not delivered");
      assertThat(logged(Level.DEBUG))
          .containsExactly(
              "job-1: 6 of 6 bytes of a batch were not delivered",
              "job-1: 5 of 5 bytes of a batch were not delivered");
      assertThat(events.list)
          .allMatch(event -> event.getThrowableProxy().getMessage().equals("no route"));
      events.list.clear();
      behaviour = lines -> {};
      send("seven");
      send("eight");
      assertThat(logged(Level.INFO))
          .containsExactly("job-1: sending goes on; 15 bytes were lost since the first failure");
      assertThat(events.list).hasSize(1);
    }
  }

  @Test
  void sendsThatGoWell_leaveNothingInTheLog() {
    send("one");
    send("two");
    assertThat(events.list).isEmpty();
  }

  @Test
  void timeOfACall_isTakenByItsOutcome() {
    behaviour = lines -> time.advance(Duration.ofMillis(30));
    send("one");
    send("two");
    failWith(new SendException(SendException.Kind.REFUSED, "too large", null));
    send("three");
    assertThat(timer("shipped").count()).isEqualTo(2);
    assertThat(timer("shipped").totalTime(TimeUnit.MILLISECONDS)).isEqualTo(60);
    assertThat(timer("refused").count()).isEqualTo(1);
    assertThat(timer("failed").count()).isZero();
  }

  @Test
  void gap_isMarkedAtTheHeadOfTheNextBatch() {
    failWith(new IOException("no route"));
    send("one");
    behaviour = lines -> {};
    send("two");
    send("three");
    assertThat(arrived)
        .containsExactly(
            List.of("[logweir] 1 line (4 bytes) dropped here: send_failed", "two"),
            List.of("three"));
  }

  @Test
  void jobGone_callsTheSenderNoMore() {
    failWith(new SendException(SendException.Kind.JOB_GONE, "unknown job", null));
    send("one");
    behaviour = lines -> {};
    send("two");
    assertThat(arrived).isEmpty();
    assertThat(shipper.report().dropped(DropReason.SEND_REFUSED)).isEqualTo(new Tally(2, 8));
    assertThat(timer("refused").count()).isEqualTo(2);
  }

  @Test
  void refusal_isNotTheEndOfTheJob() {
    failWith(new SendException(SendException.Kind.REFUSED, "too large", null));
    send("one");
    failWith(new SendException(SendException.Kind.FAILED, "tried in vain", null));
    send("two");
    behaviour = lines -> {};
    send("three");
    assertThat(arrived).hasSize(1);
    assertThat(shipper.report().shipped()).isEqualTo(new Tally(1, 6));
  }

  @Test
  void batchBeingSent_isHeld() {
    behaviour = lines -> sends.park();
    sends.close(true);
    send("one");
    assertThat(shipper.report().held()).isEqualTo(new Tally(1, 4));
    assertThat(shipper.retainedBytes()).isEqualTo(1 << 10);
    sends.close(false);
    assertThat(shipper.report().held()).isEqualTo(Tally.NONE);
    assertThat(shipper.retainedBytes()).isZero();
  }

  @Test
  void callThatIsGivenUp_isInterruptedAndLeavesNothing() {
    behaviour = lines -> sends.park();
    sends.close(true);
    send("one");
    shipper.finish(NOW);
    sends.awaitInterrupted();
    assertThat(arrived).isEmpty();
    time.advance(Duration.ofSeconds(2));
    assertThat(events.list).isEmpty();
    assertThat(engine.abandonedCalls()).isZero();
    assertThat(time.pending()).isZero();
    assertThat(shipper.report().dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(new Tally(1, 4));
    assertThat(shipper.report().unconfirmed()).isEqualTo(Tally.NONE);
    assertThat(timer("failed").count()).isZero();
  }

  @Test
  void callThatIgnoresItsInterruption_isWarnedOfAfterASecond() {
    behaviour = lines -> sends.park();
    sends.ignoreInterrupts();
    sends.close(true);
    send("one");
    shipper.finish(NOW);
    assertThat(engine.abandonedCalls()).isEqualTo(1);
    assertThat(shipper.retainedBytes()).isEqualTo(1 << 10);
    time.advance(Duration.ofSeconds(1).minusNanos(1));
    assertThat(events.list).isEmpty();
    time.advance(Duration.ofNanos(1));
    assertThat(logged(Level.WARN))
        .containsExactly(
            "job-1: a sender ignores its interruption; its thread and batch are held until it returns");
    sends.close(false);
    sendAll();
    assertThat(engine.abandonedCalls()).isZero();
    assertThat(shipper.retainedBytes()).isZero();
    assertThat(events.list).hasSize(1);
    assertThat(shipper.report().shipped()).isEqualTo(Tally.NONE);
  }

  @Test
  void callThatReturnsLateButInTime_isNotWarnedOf() {
    behaviour = lines -> sends.park();
    sends.ignoreInterrupts();
    sends.close(true);
    send("one");
    shipper.finish(NOW);
    sends.close(false);
    sendAll();
    assertThat(time.pending()).isZero();
    time.advance(Duration.ofSeconds(2));
    assertThat(events.list).isEmpty();
  }

  @Test
  void batchWrittenAndGivenUp_isUnconfirmed() {
    behaviour =
        lines -> {
          LogBatch.of(lines).call().written();
          sends.park();
        };
    sends.close(true);
    send("one");
    shipper.finish(NOW);
    assertThat(shipper.report().unconfirmed()).isEqualTo(new Tally(1, 4));
  }

  @Test
  void wordOfOneBatchWritten_isNotThatOfTheNext() {
    behaviour = lines -> LogBatch.of(lines).call().written();
    send("one");
    failWith(new IOException("no route"));
    send("two");
    assertThat(shipper.report().dropped(DropReason.SEND_FAILED)).isEqualTo(new Tally(1, 4));
    assertThat(shipper.report().unconfirmed()).isEqualTo(Tally.NONE);
  }

  @Test
  void interruptLeftByASender_doesNotReachTheNextCall() {
    List<Boolean> interrupted = new ArrayList<>();
    behaviour =
        lines -> {
          interrupted.add(Thread.currentThread().isInterrupted());
          Elsewhere.call(() -> shipper.submit("next")).get();
          Thread.currentThread().interrupt();
          if (interrupted.size() == 3) {
            behaviour = more -> {};
          }
        };
    send("one");
    assertThat(interrupted).containsExactly(false, false, false);
  }

  @Test
  void sends_giveWayToOtherJobsThatWaitForAThread() throws Exception {
    LogweirEngine one = LogweirEngine.builder().maxConcurrentSends(1).build();
    List<String> order = new ArrayList<>();
    StallingSender first = StallingSender.stalled();
    StallingSender second = new StallingSender();
    LogStreamer chatty = streamer(one, lines -> sendAs("chatty", order, first, lines));
    LogStreamer other = streamer(one, lines -> sendAs("other", order, second, lines));
    chatty.stdout().write("one\n".getBytes(UTF_8));
    first.awaitInside();
    chatty.stdout().write("two\n".getBytes(UTF_8));
    chatty.drain();
    other.stdout().write("three\n".getBytes(UTF_8));
    other.drain();
    first.recover();
    first.awaitLines(2);
    second.awaitLines(1);
    assertThat(chatty.finish().isComplete()).isTrue();
    assertThat(other.finish().isComplete()).isTrue();
    assertThat(order).containsExactly("chatty", "other", "chatty");
    one.close();
  }

  private static LogStreamer streamer(LogweirEngine engine, BatchSender sender) {
    return LogStreamer.builder(sender)
        .engine(engine)
        .maxSize(4 << 10)
        .maxInterval(Duration.ZERO)
        .start();
  }

  private static void sendAs(
      String name, List<String> order, StallingSender sender, List<String> lines) throws Exception {
    order.add(name);
    sender.send(lines);
  }
}
