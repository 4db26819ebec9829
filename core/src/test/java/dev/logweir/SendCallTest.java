package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.logweir.testkit.Eventually;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SendCallTest {
  private static final Duration HOUR = Duration.ofHours(1);

  private final SendCall call = SendCall.unbounded();

  @Test
  void wake_endsThePauseUnderWay() throws Exception {
    Thread waker = start(call::wake);

    call.pause(HOUR);

    waker.join();
  }

  @Test
  void wake_beforeAPauseEndsThatOneAlone() throws Exception {
    call.wake();
    call.wake();

    call.pause(HOUR);

    assertPauses(call);
  }

  @Test
  void wake_ofACallThatHasEnded_endsNoPauseOfTheNext() throws Exception {
    List<SendCall> calls = new ArrayList<>();
    List<Long> pauses = new ArrayList<>();
    try (LogweirEngine engine = LogweirEngine.builder().build();
        BatchShipper shipper =
            BatchShipper.builder(
                    lines -> {
                      SendCall its = LogBatch.of(lines).call();
                      calls.add(its);
                      calls.get(0).wake();
                      if (calls.size() == 2) {
                        long begun = System.nanoTime();
                        its.pause(Duration.ofMillis(1));
                        pauses.add(System.nanoTime() - begun);
                      }
                    })
                .engine(engine)
                .maxInterval(Duration.ZERO)
                .start()) {
      shipper.submit("one");
      Eventually.until(() -> shipper.report().batches() == 1);
      shipper.submit("two");
      Eventually.until(() -> shipper.report().batches() == 2);
    }

    assertThat(calls).hasSize(2);
    assertThat(calls.get(1)).isNotSameAs(calls.get(0));
    assertThat(pauses)
        .singleElement()
        .satisfies(nanos -> assertThat(nanos).isGreaterThanOrEqualTo(1_000_000));
  }

  @Test
  void answered_takesWrittenBack() {
    call.written();
    assertThat(call.isWritten()).isTrue();

    call.answered();

    assertThat(call.isWritten()).isFalse();
  }

  @Test
  void delivered_keepsTheMostAndIsBoundedByTheBatch() {
    SendCall ofThree = LogBatch.of(List.of("one", "two", "three")).call();
    ofThree.delivered(2);
    ofThree.delivered(1);
    assertThat(ofThree.deliveredLines()).isEqualTo(2);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ofThree.delivered(4))
        .withMessage("lines must be from 0 to 3: 4");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> call.delivered(1))
        .withMessage("lines must be from 0 to 0: 1");
  }

  @Test
  void beginEnd_endsThePauseUnderWayAndBoundsTheTime() throws Exception {
    assertThat(call.timeLeft()).isEmpty();
    Thread ender = start(() -> call.beginEnd(HOUR));

    call.pause(HOUR);

    ender.join();
    assertThat(call.timeLeft()).hasValueSatisfying(left -> assertThat(left).isPositive());
  }

  @Test
  void beginEnd_cutsLaterPausesToTheTimeLeft() throws Exception {
    call.beginEnd(Duration.ZERO);

    call.pause(HOUR);

    assertThat(call.timeLeft()).hasValue(Duration.ZERO);
  }

  @Test
  void callOfAShipper_endsWithItsSend() throws Exception {
    List<SendCall> calls = new ArrayList<>();
    try (LogweirEngine engine = LogweirEngine.builder().build();
        BatchShipper shipper =
            BatchShipper.builder(
                    lines -> {
                      SendCall its = LogBatch.of(lines).call();
                      calls.add(its);
                      assertThatIllegalStateException()
                          .isThrownBy(() -> its.beginEnd(HOUR))
                          .withMessage("the end of this call is its shipper's");
                      its.written();
                    })
                .engine(engine)
                .start()) {
      shipper.submit("one");
      assertThat(shipper.finish(Duration.ofSeconds(30)).isComplete()).isTrue();
    }

    SendCall ended = calls.get(0);
    ended.wake();
    assertThat(ended.isWritten()).isTrue();
    assertThat(ended.deliveredLines()).isZero();
    List<ThrowingCallable> others =
        List.of(
            ended::written,
            ended::answered,
            () -> ended.delivered(0),
            ended::timeLeft,
            () -> ended.pause(Duration.ZERO));
    for (ThrowingCallable other : others) {
      assertThatIllegalStateException()
          .isThrownBy(other)
          .withMessage("the batch is no longer valid: its send has returned");
    }
  }

  private static void assertPauses(SendCall call) throws InterruptedException {
    long begun = System.nanoTime();
    call.pause(Duration.ofMillis(1));
    assertThat(System.nanoTime() - begun).isGreaterThanOrEqualTo(1_000_000);
  }

  /** Does something on another thread once the calling one waits. */
  private static Thread start(Runnable action) {
    Thread caller = Thread.currentThread();
    Thread thread =
        new Thread(
            () -> {
              while (caller.getState() != Thread.State.TIMED_WAITING) {
                Thread.onSpinWait();
              }
              action.run();
            });
    thread.start();
    return thread;
  }
}
