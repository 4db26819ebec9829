package dev.logweir.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ManualTimeTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final ManualTime time = new ManualTime();
  private final List<String> happened = new ArrayList<>();

  private void note(String what) {
    happened.add(what + " at " + Duration.ofNanos(time.nanoTime()));
  }

  @Test
  void advance_runsWhatIsDueInItsOrderEachAtItsMoment() {
    time.schedule(() -> note("third"), Duration.ofSeconds(2));
    time.schedule(() -> note("first"), SECOND);
    time.schedule(() -> note("second"), SECOND);
    time.schedule(() -> note("never"), Duration.ofSeconds(4));
    time.schedule(() -> time.schedule(() -> note("fourth"), SECOND), Duration.ofSeconds(2));

    time.advance(Duration.ofMillis(3_500));

    assertThat(happened)
        .containsExactly("first at PT1S", "second at PT1S", "third at PT2S", "fourth at PT3S");
    assertThat(time.pending()).isEqualTo(1);
    assertThat(time).hasToString("ManualTime[PT3.5S, pending 1]");
  }

  @Test
  void advanceToNext_runsOneTimerOrLetsAllTheTimePass() {
    time.schedule(() -> note("first"), SECOND);
    time.schedule(() -> note("second"), SECOND);

    assertThat(time.advanceToNext(Duration.ofMillis(999))).isFalse();
    assertThat(happened).isEmpty();
    assertThat(time.advanceToNext(SECOND)).isTrue();
    assertThat(happened).containsExactly("first at PT1S");
    assertThat(time.advanceToNext(Duration.ZERO)).isTrue();
    assertThat(time.advanceToNext(SECOND)).isFalse();
    assertThat(time.nanoTime()).isEqualTo(Duration.ofSeconds(2).toNanos());
  }

  @Test
  void time_doesNotGoBack() {
    assertThatThrownBy(() -> time.advance(Duration.ofNanos(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("time must not go back: PT-0.000000001S");
  }

  @Test
  void bothClocks_goTogether() {
    long before = time.currentTimeMillis();

    time.advance(Duration.ofMinutes(1));

    assertThat(time.currentTimeMillis() - before).isEqualTo(60_000);
  }

  @Test
  void job_sendsItsLinesWhenTheirTimeHasComeAndNotBefore() throws Exception {
    ScriptedSender sender = new ScriptedSender();
    try (LogweirEngine engine = LogweirEngine.builder().time(time).build();
        LogStreamer log =
            LogStreamer.builder(sender)
                .engine(engine)
                .maxInterval(Duration.ofSeconds(100))
                .start()) {
      log.stdout().write("goes at once\n".getBytes(UTF_8));
      sender.awaitLines(1);
      log.stdout().write("waits\n".getBytes(UTF_8));
      log.drain();
      time.advance(Duration.ofSeconds(89)); // the interval is shorter by up to a tenth
      assertThat(sender.calls()).isEqualTo(1);

      time.advanceUntil(() -> sender.lines().size() == 2, SECOND);
      assertThat(time.nanoTime()).isLessThan(Duration.ofSeconds(200).toNanos());
      log.stdout().write("sent by the end\n".getBytes(UTF_8));
      Eventually.until(() -> time.pending() > 0);
      log.finish();
      Eventually.until(() -> time.pending() == 0); // the job has taken back what it had set
    }
    assertThat(time.pending()).as("timers that the engine leaves behind").isZero();
  }

  @Test
  void await_waitsForTheLatchWhateverTheTime() throws Exception {
    CountDownLatch latch = new CountDownLatch(1);
    AtomicBoolean open = new AtomicBoolean();
    Thread waiting =
        new Thread(
            () -> {
              try {
                open.set(time.await(latch, 1));
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    waiting.start();
    time.awaitWaiting(1);
    time.advance(Duration.ofDays(1));
    latch.countDown();
    waiting.join();

    assertThat(open).isTrue();
    assertThat(time.await(new CountDownLatch(1), 0)).as("with no time at all").isFalse();
  }

  @Test
  void whileWaiting_isWhatAThreadDoesInstead() throws Exception {
    CountDownLatch latch = new CountDownLatch(1);
    time.schedule(latch::countDown, SECOND);
    time.whileWaiting(
        (awaited, nanos) -> {
          time.advance(Duration.ofNanos(nanos));
          return awaited.getCount() == 0;
        });

    assertThat(time.await(latch, TimeUnit.MILLISECONDS.toNanos(600))).isFalse();
    assertThat(time.await(latch, TimeUnit.MILLISECONDS.toNanos(600))).isTrue();
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> time.await(latch, 1)).isInstanceOf(InterruptedException.class);
  }
}
