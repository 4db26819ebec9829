package dev.logweir.sender;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.logweir.SendCall;
import dev.logweir.SendException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When attempts are made, in a time that only they and the pauses between them use up. */
class AttemptsTest {
  private final Attempts.Builder settings =
      Attempts.builder(AttemptsTest.class, "the server")
          .results(common -> TestResult.valueOf(common.name()));
  private final SendCall call = SendCall.unbounded();
  private final List<Duration> limits = new ArrayList<>();
  private final List<Duration> pauses = new ArrayList<>();
  private Duration now = Duration.ZERO;

  AttemptsTest() {
    settings.nanoTime(() -> now.toNanos());
    passPauses(
        (its, pause) -> {
          pauses.add(pause);
          now = now.plus(pause);
        });
  }

  /** Draws its pauses anew each time. */
  @RepeatedTest(100)
  void defaults_makeFiveAttemptsWithFourPausesThatDouble() {
    AttemptException e = run(limit -> failSlowly(limit));

    assertThat(e.result()).isEqualTo(TestResult.FAILED);
    assertThat(limits).hasSize(5).containsOnly(Duration.ofSeconds(30));
    assertThat(pauses).hasSize(4);
    for (int i = 0; i < 4; i++) {
      assertThat(pauses.get(i))
          .isBetween(Duration.ofMillis(500L << i), Duration.ofMillis(1_500L << i));
    }
    // 5 attempts of 30 s, and 1 + 2 + 4 + 8 s give or take a half.
    assertThat(now).isBetween(Duration.ofMillis(157_500), Duration.ofMillis(172_500));
  }

  @RepeatedTest(100)
  void pauses_growUpToAboutThirtySeconds() {
    settings.attempts(100).overallTimeout(Duration.ofHours(24));

    run(limit -> refuse());

    assertThat(limits).hasSize(100);
    assertThat(pauses.subList(5, 99))
        .allMatch(pause -> pause.compareTo(Duration.ofSeconds(15)) >= 0)
        .allMatch(pause -> pause.compareTo(Duration.ofSeconds(45)) <= 0);
  }

  @RepeatedTest(100)
  void overallTimeout_boundsAttemptsAndPausesTogether() {
    settings.attempts(100);

    AttemptException e = run(limit -> failSlowly(limit));

    assertThat(e.result()).isEqualTo(TestResult.FAILED);
    assertThat(now).isBetween(Duration.ofMinutes(9), Duration.ofMinutes(10));
    assertThat(limits.get(0)).isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void attempt_isCutToTheTimeLeftInAll() {
    settings.attempts(2).overallTimeout(Duration.ofSeconds(32));

    run(limit -> failSlowly(limit));

    assertThat(limits).hasSize(2);
    assertThat(limits.get(1)).isEqualTo(Duration.ofSeconds(2).minus(pauses.get(0)));
    assertThat(now).isEqualTo(Duration.ofSeconds(32));
  }

  @Test
  void end_ofTheJobLeavesTheLastFailureInTheMessage() {
    passPauses((its, pause) -> call.beginEnd(Duration.ZERO));

    AttemptException e = run(limit -> refuse());

    assertThat(e.result()).isEqualTo(TestResult.NO_TIME);
    assertThat(e)
        .hasMessage("no time left for an attempt; before: the server could not take it: -ERR 1");
    assertThat(e.getCause()).isInstanceOf(AttemptException.class).hasMessageContaining("-ERR 1");
    assertThat(limits).hasSize(1);
  }

  @Test
  void end_ofTheJobBeforeTheFirstAttemptIsSaid() {
    call.beginEnd(Duration.ZERO);

    AttemptException e = run(limit -> refuse());

    assertThat(e.result()).isEqualTo(TestResult.NO_TIME);
    assertThat(e).hasMessage("no time left for an attempt").hasNoCause();
    assertThat(limits).isEmpty();
  }

  @Test
  void pause_thatTheEndOfTheJobCutsIsComparedAsItIsCut() {
    settings.attempts(8).overallTimeout(Duration.ofHours(1));

    run(
        limit -> {
          if (limits.size() == 7) {
            // The pause would be of 15 s and more, but is at most an eighth of 100 s.
            now = Duration.ofHours(1).minusSeconds(14);
            call.beginEnd(Duration.ofSeconds(100));
          }
          refuse();
        });

    assertThat(limits).hasSize(8);
    assertThat(pauses.get(6)).isLessThanOrEqualTo(Duration.ofMillis(12_500));
  }

  @RepeatedTest(100)
  void timeGiven_boundsAttemptsAndPausesTogether() {
    settings.attempts(100);

    AttemptException e = run(limit -> refuse(), Duration.ofSeconds(4));

    assertThat(e.result()).isEqualTo(TestResult.FAILED);
    assertThat(limits.get(0)).isEqualTo(Duration.ofSeconds(4));
    assertThat(pauses.get(0)).isEqualTo(Duration.ofMillis(500));
    assertThat(pauses.get(1)).isEqualTo(Duration.ofNanos(437_500_000));
    assertThat(now)
        .isBetween(Duration.ofSeconds(4).minus(Repetition.SHORTEST_PAUSE), Duration.ofSeconds(4));
  }

  /** An outage of an hour and more: it spends neither attempts nor time. */
  @RepeatedTest(10)
  void serverThatIsAway_isWaitedFor() throws Exception {
    TestResult[] away = {TestResult.GONE, TestResult.LOST, TestResult.TIMED_OUT};

    succeed(
        limit -> {
          if (limits.size() <= 1_000) {
            throw new AttemptException(away[limits.size() % 3], "away", null);
          }
        });

    assertThat(limits).hasSize(1_001).containsOnly(Duration.ofSeconds(30));
    assertThat(now).isGreaterThan(Duration.ofHours(1));
    assertThat(pauses.subList(4, 1_000))
        .allMatch(pause -> pause.compareTo(Duration.ofSeconds(4)) >= 0)
        .allMatch(pause -> pause.compareTo(Repetition.LONGEST_AWAY_PAUSE) <= 0);
  }

  @Test
  void serverThatComesBackAndFails_isTriedAsOftenAsAnyOther() {
    AttemptException e =
        run(
            limit -> {
              if (limits.size() <= 20) {
                throw new AttemptException(TestResult.GONE, "away", null);
              }
              refuse();
            });

    assertThat(e.result()).isEqualTo(TestResult.FAILED);
    assertThat(limits).hasSize(20 + 5);
  }

  @Test
  void pushWrittenAndNeverAnswered_isTriedAsOftenAsWhatIsAnswered() {
    AttemptException e =
        run(
            limit -> {
              if (limits.size() == 2) {
                refuse();
              }
              leaveUnanswered();
            });

    assertThat(e.result()).isEqualTo(TestResult.LOST);
    assertThat(limits).hasSize(5);
  }

  @Test
  void pushWrittenAndNeverAnswered_isTriedSoAtTheEndToo() {
    call.beginEnd(Duration.ofHours(1));

    run(limit -> leaveUnanswered(), Duration.ofMinutes(10));

    assertThat(limits).hasSize(5);
  }

  /** One that took a push, was gone and is back: as often as it likes. */
  @Test
  void serverThatIsGoneInBetween_isWaitedFor() throws Exception {
    succeed(
        limit -> {
          now = now.plus(limit);
          if (limits.size() % 5 == 0 && limits.size() < 100) {
            throw new AttemptException(TestResult.GONE, "gone", null);
          }
          if (limits.size() < 100) {
            leaveUnanswered();
          }
        });

    assertThat(limits).hasSize(100).containsOnly(Duration.ofSeconds(30));
    assertThat(now).isGreaterThan(Duration.ofMinutes(50));
  }

  @Test
  void serverThatIsAwayAtTheEnd_isTriedToTheEnd() {
    settings.attempts(2);
    call.beginEnd(Duration.ofHours(1));

    AttemptException e =
        run(
            limit -> {
              throw new AttemptException(TestResult.GONE, "away", null);
            },
            Duration.ofSeconds(10));

    assertThat(e.result()).isEqualTo(TestResult.GONE);
    assertThat(limits).hasSizeGreaterThan(20);
    assertThat(now)
        .isBetween(Duration.ofSeconds(10).minus(Repetition.SHORTEST_PAUSE), Duration.ofSeconds(10));
  }

  @Test
  void oneAttempt_isNoWaitingForWhoIsAway() {
    settings.attempts(1);

    run(
        limit -> {
          throw new AttemptException(TestResult.GONE, "away", null);
        });

    assertThat(limits).hasSize(1);
    assertThat(pauses).isEmpty();
  }

  @Test
  void timeGiven_boundsAnAttempt() {
    AttemptException e = run(limit -> hang(limit), Duration.ofSeconds(2));

    assertThat(e.result()).isEqualTo(TestResult.TIMED_OUT);
    assertThat(limits).containsExactly(Duration.ofSeconds(2));
    assertThat(now).isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  void failureOfAServerThatIsNotWell_isRepeatedAtTheEndWhateverWasTriedBefore() throws Exception {
    settings.attempts(3);

    succeed(
        limit -> {
          if (limits.size() == 2) {
            call.beginEnd(Duration.ofSeconds(50));
          }
          if (limits.size() < 10) {
            throw new AttemptException(TestResult.BUSY, "busy", null);
          }
        });

    assertThat(limits).hasSize(10);
    assertThat(pauses.subList(1, 9)).allMatch(pause -> pause.toMillis() <= 6_250);
  }

  @Test
  void answerThatCannotBeRead_isTriedAsOftenAsAnyOtherAtTheEndToo() {
    call.beginEnd(Duration.ofHours(1));

    AttemptException e =
        run(
            limit -> {
              throw new AttemptException(TestResult.MALFORMED, "no answer", null);
            });

    assertThat(e.result()).isEqualTo(TestResult.MALFORMED);
    assertThat(limits).hasSize(5);
  }

  /** What it may have taken each time, its own time bounds, and nothing else. */
  @Test
  void gatewayThatGivesUp_isAskedAsLongAsItsAnswersMayTake() {
    AttemptException e =
        run(
            limit -> {
              now = now.plusMinutes(1);
              throw new AttemptException(TestResult.GATEWAY, "gave up", null);
            });

    assertThat(e.result()).isEqualTo(TestResult.GATEWAY);
    assertThat(limits).hasSize(10);
  }

  @Test
  void timeThatTheServerAsksFor_isTheLeastPause() {
    settings.attempts(3);

    run(
        limit -> {
          throw new AttemptException(TestResult.BUSY, "busy", null, false, Duration.ofMinutes(2));
        });

    assertThat(pauses).containsExactly(Duration.ofMinutes(2), Duration.ofMinutes(2));
  }

  @Test
  void refusal_isNotTriedAgain() {
    AttemptException e =
        run(
            limit -> {
              throw new AttemptException(TestResult.REFUSED, "refused", null);
            });

    assertThat(limits).hasSize(1);
    assertThat(e.toSendException("log not sent"))
        .hasMessage("log not sent: refused")
        .hasCause(e)
        .extracting(SendException::kind)
        .isEqualTo(SendException.Kind.REFUSED);
  }

  @Test
  void close_failsWhatPausesAndWhatComes_withTheLastFailureInTheMessage() throws Exception {
    Attempts[] attempts = new Attempts[1];
    passPauses((its, pause) -> attempts[0].close());
    attempts[0] = settings.build();
    Attempts.Attempt refuses = limit -> refuse();

    AttemptException e =
        catchThrowableOfType(
            AttemptException.class, () -> attempts[0].run(call, attempts[0].begin(), refuses));
    AttemptException later =
        catchThrowableOfType(
            AttemptException.class, () -> attempts[0].run(call, attempts[0].begin(), refuses));

    assertThat(e.result()).isEqualTo(TestResult.CLOSED);
    assertThat(e).hasMessage("the client is closed; before: the server could not take it: -ERR 0");
    assertThat(later).hasMessage("the client is closed").hasNoCause();
  }

  @Test
  void close_beforeAPauseLetsNoneBegin() {
    Attempts attempts = settings.build();

    AttemptException e =
        catchThrowableOfType(
            AttemptException.class,
            () ->
                attempts.run(
                    call,
                    attempts.begin(),
                    limit -> {
                      attempts.close();
                      refuse();
                    }));

    assertThat(e.result()).isEqualTo(TestResult.CLOSED);
    assertThat(pauses).isEmpty();
  }

  /** The call waits in earnest; without a wake it would for an hour. */
  @Test
  @Timeout(60)
  void close_wakesACallThatPauses() throws Exception {
    CountDownLatch pausing = new CountDownLatch(1);
    passPauses(
        (its, pause) -> {
          pausing.countDown();
          its.pause(Duration.ofHours(1));
        });
    Attempts attempts = settings.build();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread sends =
        new Thread(
            () ->
                failure.set(
                    catchThrowable(() -> attempts.run(call, attempts.begin(), limit -> refuse()))));
    sends.start();
    assertThat(pausing.await(50, TimeUnit.SECONDS)).isTrue();

    attempts.close();

    sends.join();
    assertThat(failure.get()).hasMessageStartingWith("the client is closed");
  }

  @Test
  void listener_isToldOfEachAttemptAndOfTheEnd_andWhatItThrowsCostsNothing() throws Exception {
    List<String> told = new ArrayList<>();
    settings.listener(
        new AttemptListener() {
          @Override
          public void attempted(AttemptResult result, long nanos) {
            tell(result + " " + Duration.ofNanos(nanos));
          }

          @Override
          public void succeeded() {
            tell("succeeded");
          }

          @Override
          public void failed(AttemptException failure) {
            tell("failed: " + failure.getMessage());
          }

          @Override
          public void ended(AttemptResult result) {
            tell("end: " + result);
          }

          private void tell(String text) {
            told.add(text);
            throw new IllegalStateException("a listener that throws");
          }
        });

    succeed(
        limit -> {
          now = now.plusSeconds(1);
          if (limits.size() == 1) {
            throw new AttemptException(TestResult.BUSY, "busy", null);
          }
        });

    assertThat(told)
        .containsExactly("BUSY PT1S", "failed: busy", "OK PT1S", "succeeded", "end: OK");
  }

  @Test
  void attemptThatThrowsSomethingElse_endsAsInterruptedForTheListener() {
    List<AttemptResult> ends = new ArrayList<>();
    settings.listener(
        new AttemptListener() {
          @Override
          public void ended(AttemptResult result) {
            ends.add(result);
          }
        });

    assertThatThrownBy(
            () ->
                succeed(
                    limit -> {
                      throw new InterruptedException("the end");
                    }))
        .isInstanceOf(InterruptedException.class);

    assertThat(ends).containsExactly(TestResult.INTERRUPTED);
  }

  @Test
  void build_refusesAnOverallTimeBelowThatOfAnAttempt() {
    settings.overallTimeout(Duration.ofSeconds(29));

    assertThatIllegalArgumentException()
        .isThrownBy(settings::build)
        .withMessage("overallTimeout must be at least attemptTimeout, PT30S: PT29S");
  }

  private void passPauses(Pauses pauses) {
    settings.pauses(pauses).gate(Gate.open(pauses));
  }

  private AttemptException run(Attempts.Attempt attempt) {
    return fail(Attempts::begin, attempt);
  }

  private AttemptException run(Attempts.Attempt attempt, Duration time) {
    return fail(attempts -> attempts.begin(time), attempt);
  }

  private AttemptException fail(
      Function<Attempts, Attempts.Budget> begin, Attempts.Attempt attempt) {
    AttemptException e =
        catchThrowableOfType(AttemptException.class, () -> attempt(begin, attempt));
    assertThat(e).isNotNull();
    return e;
  }

  private void succeed(Attempts.Attempt attempt) throws Exception {
    attempt(Attempts::begin, attempt);
  }

  private void attempt(Function<Attempts, Attempts.Budget> begin, Attempts.Attempt attempt)
      throws AttemptException, InterruptedException {
    Attempts attempts = settings.build();
    attempts.run(
        call,
        begin.apply(attempts),
        limit -> {
          limits.add(limit);
          attempt.run(limit);
        });
  }

  private void hang(Duration limit) throws AttemptException {
    now = now.plus(limit);
    throw new AttemptException(TestResult.TIMED_OUT, "no complete reply in time", null);
  }

  private static void leaveUnanswered() throws AttemptException {
    throw new AttemptException(TestResult.LOST, "lost before the reply", null, true, Duration.ZERO);
  }

  private void failSlowly(Duration limit) throws AttemptException {
    now = now.plus(limit);
    refuse();
  }

  private void refuse() throws AttemptException {
    throw new AttemptException(
        TestResult.FAILED, "the server could not take it: -ERR " + limits.size(), null);
  }
}
