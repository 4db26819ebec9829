package dev.logweir.sender;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.logweir.SendCall;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One call at a time probes a server that is down; the others wait, and go on with its answer. */
@Timeout(60)
class AwayGateTest {
  private final AtomicLong nanos = new AtomicLong();
  private final List<Duration> pauses = new ArrayList<>();
  private final Semaphore paused = new Semaphore(0);
  private volatile Pauses waits = this::pass;
  private final Pauses whatever = (call, pause) -> waits.pause(call, pause);
  private final AwayGate gate = new AwayGate(Duration.ofSeconds(30), whatever, nanos::get);
  private final Attempts attempts =
      Attempts.builder(AwayGateTest.class, "the server")
          .results(common -> TestResult.valueOf(common.name()))
          .gate(gate)
          .pauses(whatever)
          .nanoTime(nanos::get)
          .build();

  @Test
  void gate_shutsAfterTenFailuresInARow() throws Exception {
    fail(9);
    assertThat(gate.isShut()).isFalse();
    succeed();
    fail(9);
    assertThat(gate.isShut()).isFalse();
    fail(1);

    assertThat(gate.isShut()).isTrue();
  }

  @Test
  void gate_staysOpenWhileTheServerAnswersOrIsNotAsked() {
    for (TestResult result : List.of(TestResult.FAILED, TestResult.REFUSED, TestResult.NO_PLACE)) {
      for (int i = 0; i < 20; i++) {
        Throwable failure =
            catchThrowable(
                () ->
                    attempts.run(
                        SendCall.unbounded(),
                        attempts.begin(Duration.ofMillis(1)),
                        limit -> {
                          throw failure(result);
                        }));
        assertThat(failure).isInstanceOf(AttemptException.class);
        assertThat(gate.isShut()).isFalse();
      }
    }
  }

  /** An outage of hours, seen by one job: each probe after a pause, and no other pause. */
  @Test
  void probes_comeAfterPausesThatGrowToAboutFiveSeconds() throws Exception {
    fail(10);
    pauses.clear();
    AtomicInteger probes = new AtomicInteger();

    attempts.run(
        SendCall.unbounded(),
        attempts.begin(),
        limit -> {
          if (probes.incrementAndGet() < 1_000) {
            throw failure(TestResult.GONE);
          }
        });

    assertThat(gate.isShut()).isFalse();
    assertThat(pauses).hasSize(1_000);
    for (int i = 0; i < 1_000; i++) {
      long nominal = Math.min(1_000L << Math.min(i, 10), 5_000);
      assertThat(pauses.get(i).toMillis()).isBetween(nominal / 2, nominal * 3 / 2 + 1);
    }
    assertThat(Duration.ofNanos(nanos.get())).isGreaterThan(Duration.ofMinutes(40));
  }

  @Test
  void refusal_isAnAnswerToo() {
    fail(10);

    Throwable failure =
        catchThrowable(
            () ->
                attempts.run(
                    SendCall.unbounded(),
                    attempts.begin(),
                    limit -> {
                      throw failure(TestResult.REFUSED);
                    }));

    assertThat(failure).isInstanceOf(AttemptException.class);
    assertThat(gate.isShut()).isFalse();
  }

  @Test
  void pauseBeforeAProbe_isAsLongAsTheServerAsksFor() throws Exception {
    for (int i = 0; i < 10; i++) {
      enter(SendCall.unbounded())
          .failed(
              new AttemptException(TestResult.BUSY, "busy", null, false, Duration.ofMinutes(2)));
    }
    pauses.clear();

    succeed();

    assertThat(pauses).containsExactly(Duration.ofMinutes(2).plusMillis(1));
  }

  @Test
  void waitingCalls_goOnTogetherWithTheFirstAnswer() throws Exception {
    fail(10);
    waits = this::hold;
    AtomicInteger tried = new AtomicInteger();
    List<Run> runs = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      runs.add(new Run(limit -> tried.incrementAndGet()));
    }
    assertThat(paused.tryAcquire(20, 50, TimeUnit.SECONDS)).isTrue();
    assertThat(tried).hasValue(0);

    nanos.addAndGet(Duration.ofSeconds(2).toNanos());
    succeed();

    for (Run run : runs) {
      assertThat(run.end()).isNull();
    }
    assertThat(tried).hasValue(20);
  }

  @Test
  void probeThatIsInterrupted_leavesItToTheNext() throws Exception {
    fail(10);
    waits = this::hold;
    nanos.addAndGet(Duration.ofSeconds(2).toNanos());
    CountDownLatch probing = new CountDownLatch(1);
    Run probe =
        new Run(
            limit -> {
              probing.countDown();
              new CountDownLatch(1).await();
            });
    assertThat(probing.await(50, TimeUnit.SECONDS)).isTrue();
    Run next = new Run(limit -> {});
    assertThat(paused.tryAcquire(50, TimeUnit.SECONDS)).isTrue();

    probe.thread.interrupt();

    assertThat(probe.end()).isInstanceOf(InterruptedException.class);
    assertThat(next.end()).isNull();
    assertThat(gate.isShut()).isFalse();
  }

  @Test
  void jobThatEnds_triesWithoutLeave_andItsAnswerCounts() throws Exception {
    fail(10);
    waits = this::hold;
    SendCall call = SendCall.unbounded();
    Run run = new Run(call, limit -> {});
    assertThat(paused.tryAcquire(50, TimeUnit.SECONDS)).isTrue();

    call.beginEnd(Duration.ofSeconds(8));

    assertThat(run.end()).isNull();
    assertThat(gate.isShut()).isFalse();
  }

  @Test
  void failureThatBeganBeforeItShut_movesNoProbe() {
    List<Gate.Leave> early = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      early.add(gate.ask());
    }
    early.subList(0, 10).forEach(leave -> leave.failed(failure(TestResult.LOST)));
    Duration next = gate.untilNextChange();

    early.subList(10, 20).forEach(leave -> leave.failed(failure(TestResult.LOST)));

    assertThat(gate.untilNextChange()).isEqualTo(next);
  }

  @Test
  void attemptCutByTheEndOfItsJob_saysNothingOfTheServer() {
    fail(9);
    SendCall call = SendCall.unbounded();
    call.beginEnd(Duration.ofSeconds(1));

    Throwable failure =
        catchThrowable(
            () ->
                attempts.run(
                    call,
                    attempts.begin(Duration.ofSeconds(1)),
                    limit -> {
                      nanos.addAndGet(limit.toNanos());
                      throw failure(TestResult.TIMED_OUT);
                    }));

    assertThat(failure).isInstanceOf(AttemptException.class);
    assertThat(gate.isShut()).isFalse();
    fail(1);
    assertThat(gate.isShut()).isTrue();
  }

  @Test
  void close_failsWhatWaits() throws Exception {
    fail(10);
    waits = this::hold;
    Run run = new Run(limit -> {});
    assertThat(paused.tryAcquire(50, TimeUnit.SECONDS)).isTrue();

    attempts.close();

    assertThat(run.end()).hasMessage("the client is closed");
  }

  @Test
  void wakeOfTheGate_leavesThePausesBetweenAttemptsAlone() throws Exception {
    waits = this::hold;
    Run pausing =
        new Run(
            limit -> {
              throw failure(TestResult.FAILED);
            });
    assertThat(paused.tryAcquire(50, TimeUnit.SECONDS)).isTrue();
    waits = this::pass;
    fail(10);
    nanos.addAndGet(Duration.ofSeconds(2).toNanos());

    succeed();

    assertThat(pausing.thread.isAlive()).isTrue();
    attempts.close();
    assertThat(pausing.end()).hasMessageStartingWith("the client is closed");
  }

  /** Else the pause after the attempt would be none. */
  @Test
  void wakeThatComesWithTheLeave_isForgotten() throws Exception {
    SendCall call = SendCall.unbounded();
    List<Duration> waited = new ArrayList<>();
    waits =
        (its, pause) -> {
          long begun = System.nanoTime();
          its.pause(Duration.ofMillis(20));
          waited.add(Duration.ofNanos(System.nanoTime() - begun));
        };
    AtomicInteger tried = new AtomicInteger();
    call.wake();

    attempts.run(
        call,
        attempts.begin(),
        limit -> {
          if (tried.incrementAndGet() == 1) {
            throw failure(TestResult.FAILED);
          }
        });

    assertThat(waited).hasSize(1);
    assertThat(waited.get(0)).isGreaterThanOrEqualTo(Duration.ofMillis(20));
  }

  private void succeed() throws Exception {
    attempts.run(SendCall.unbounded(), attempts.begin(), limit -> {});
  }

  private void fail(int times) {
    for (int i = 0; i < times; i++) {
      enter(SendCall.unbounded()).failed(failure(TestResult.GONE));
    }
  }

  private Gate.Leave enter(SendCall call) {
    try {
      return gate.enter(call, false);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static AttemptException failure(TestResult result) {
    return new AttemptException(result, "failed", null);
  }

  private void pass(SendCall call, Duration pause) {
    pauses.add(pause);
    nanos.addAndGet(pause.toNanos());
  }

  private void hold(SendCall call, Duration pause) throws InterruptedException {
    paused.release();
    call.pause(Duration.ofHours(1));
  }

  /** A request on a thread of its own. */
  private final class Run {
    private final Thread thread;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    Run(Attempts.Attempt attempt) {
      this(SendCall.unbounded(), attempt);
    }

    Run(SendCall call, Attempts.Attempt attempt) {
      thread =
          new Thread(
              () ->
                  failure.set(catchThrowable(() -> attempts.run(call, attempts.begin(), attempt))));
      thread.start();
    }

    Throwable end() throws InterruptedException {
      thread.join();
      return failure.get();
    }
  }
}
