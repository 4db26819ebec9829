package dev.logweir.faktory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.logweir.SendCall;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** When attempts are made, in a time that only they and the pauses between them use up. */
class RetriesTest {
  private final FaktoryClient.Builder settings = FaktoryClient.builder();
  private final SendCall call = SendCall.unbounded();
  private final List<Duration> limits = new ArrayList<>();
  private final List<Duration> pauses = new ArrayList<>();
  private Duration now = Duration.ZERO;

  RetriesTest() {
    settings.nanoTime = () -> now.toNanos();
    settings.pauses =
        (its, pause) -> {
          pauses.add(pause);
          now = now.plus(pause);
        };
  }

  /** Draws its pauses anew each time. */
  @RepeatedTest(100)
  void defaults_makeFiveAttemptsWithFourPausesThatDouble() {
    AttemptException e = run(limit -> failSlowly(limit));

    assertThat(e.result()).isEqualTo(AttemptResult.SERVER_ERROR);
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

    assertThat(e.result()).isEqualTo(AttemptResult.SERVER_ERROR);
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
    settings.pauses = (its, pause) -> call.beginEnd(Duration.ZERO);

    AttemptException e = run(limit -> refuse());

    assertThat(e.result()).isEqualTo(AttemptResult.NO_TIME);
    assertThat(e)
        .hasMessage("no time left for an attempt; before: the server could not take it: -ERR 1");
    assertThat(e.getCause()).isInstanceOf(AttemptException.class).hasMessageContaining("-ERR 1");
    assertThat(limits).hasSize(1);
  }

  @Test
  void end_ofTheJobBeforeTheFirstAttemptIsSaid() {
    call.beginEnd(Duration.ZERO);

    AttemptException e = run(limit -> refuse());

    assertThat(e.result()).isEqualTo(AttemptResult.NO_TIME);
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

    assertThat(e.result()).isEqualTo(AttemptResult.SERVER_ERROR);
    assertThat(limits.get(0)).isEqualTo(Duration.ofSeconds(4));
    assertThat(pauses.get(0)).isEqualTo(Duration.ofMillis(500));
    assertThat(pauses.get(1)).isEqualTo(Duration.ofNanos(437_500_000));
    assertThat(now)
        .isBetween(Duration.ofSeconds(4).minus(Retries.SHORTEST_PAUSE), Duration.ofSeconds(4));
  }

  /** An outage of an hour and more: it spends neither attempts nor time. */
  @RepeatedTest(10)
  void serverThatIsAway_isWaitedFor() throws Exception {
    AttemptResult[] away = {AttemptResult.UNREACHABLE, AttemptResult.LOST, AttemptResult.TIMED_OUT};

    new Retries(settings)
        .run(
            call,
            limit -> {
              limits.add(limit);
              if (limits.size() <= 1_000) {
                throw new AttemptException(away[limits.size() % 3], "away", null);
              }
            });

    assertThat(limits).hasSize(1_001).containsOnly(Duration.ofSeconds(30));
    assertThat(now).isGreaterThan(Duration.ofHours(1));
    assertThat(pauses.subList(4, 1_000))
        .allMatch(pause -> pause.compareTo(Duration.ofSeconds(4)) >= 0)
        .allMatch(pause -> pause.compareTo(Retries.LONGEST_AWAY_PAUSE) <= 0);
  }

  @Test
  void serverThatComesBackAndFails_isTriedAsOftenAsAnyOther() {
    AttemptException e =
        run(
            limit -> {
              if (limits.size() <= 20) {
                throw new AttemptException(AttemptResult.UNREACHABLE, "away", null);
              }
              refuse();
            });

    assertThat(e.result()).isEqualTo(AttemptResult.SERVER_ERROR);
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

    assertThat(e.result()).isEqualTo(AttemptResult.LOST);
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
    new Retries(settings)
        .run(
            call,
            limit -> {
              limits.add(limit);
              now = now.plus(limit);
              if (limits.size() % 5 == 0 && limits.size() < 100) {
                throw new AttemptException(AttemptResult.UNREACHABLE, "gone", null);
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
              throw new AttemptException(AttemptResult.UNREACHABLE, "away", null);
            },
            Duration.ofSeconds(10));

    assertThat(e.result()).isEqualTo(AttemptResult.UNREACHABLE);
    assertThat(limits).hasSizeGreaterThan(20);
    assertThat(now)
        .isBetween(Duration.ofSeconds(10).minus(Retries.SHORTEST_PAUSE), Duration.ofSeconds(10));
  }

  @Test
  void oneAttempt_isNoWaitingForWhoIsAway() {
    settings.attempts(1);

    run(
        limit -> {
          throw new AttemptException(AttemptResult.UNREACHABLE, "away", null);
        });

    assertThat(limits).hasSize(1);
    assertThat(pauses).isEmpty();
  }

  @Test
  void timeGiven_boundsAnAttempt() {
    AttemptException e = run(limit -> hang(limit), Duration.ofSeconds(2));

    assertThat(e.result()).isEqualTo(AttemptResult.TIMED_OUT);
    assertThat(limits).containsExactly(Duration.ofSeconds(2));
    assertThat(now).isEqualTo(Duration.ofSeconds(2));
  }

  private AttemptException run(Retries.Attempt attempt, Duration time) {
    AttemptException e =
        catchThrowableOfType(
            AttemptException.class,
            () ->
                new Retries(settings)
                    .run(
                        call,
                        time,
                        limit -> {
                          limits.add(limit);
                          attempt.run(limit);
                        }));
    assertThat(e).isNotNull();
    return e;
  }

  private AttemptException run(Retries.Attempt attempt) {
    AttemptException e =
        catchThrowableOfType(
            AttemptException.class,
            () ->
                new Retries(settings)
                    .run(
                        call,
                        limit -> {
                          limits.add(limit);
                          attempt.run(limit);
                        }));
    assertThat(e).isNotNull();
    return e;
  }

  private void hang(Duration limit) throws AttemptException {
    now = now.plus(limit);
    throw new AttemptException(AttemptResult.TIMED_OUT, "no complete reply in time", null);
  }

  private static void leaveUnanswered() throws AttemptException {
    throw new AttemptException(AttemptResult.LOST, "lost before the reply", null, true);
  }

  private void failSlowly(Duration limit) throws AttemptException {
    now = now.plus(limit);
    refuse();
  }

  private void refuse() throws AttemptException {
    throw new AttemptException(
        AttemptResult.SERVER_ERROR, "the server could not take it: -ERR " + limits.size(), null);
  }
}
