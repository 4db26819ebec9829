package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.testkit.ManualTime;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SendScheduleTest {
  private static final long INTERVAL = 100;

  private final ManualTime time = new ManualTime();
  private int came;
  private final SendSchedule schedule =
      new SendSchedule(time, INTERVAL) {
        @Override
        public void run() {
          came++;
        }
      };

  private SinkBatch batch() {
    SinkBatch batch = new SinkBatch(new LogBatch(), 0);
    batch.oldestNanos = time.nanoTime();
    batch.asksToGo = true;
    return batch;
  }

  private boolean isDue(SinkBatch batch) {
    return schedule.isDueAtOnce(batch) || schedule.isDueAt(time.nanoTime(), batch);
  }

  private void advance(long nanos) {
    time.advance(Duration.ofNanos(nanos));
  }

  @Test
  void firstBatch_isDueAtOnceAndTheNextOnceItsOldestLineHasWaited() {
    assertThat(isDue(batch())).isTrue();
    schedule.sending();
    SinkBatch next = batch();
    advance(INTERVAL - 1);
    assertThat(isDue(next)).isFalse();
    advance(1);
    assertThat(isDue(next)).isTrue();
  }

  @Test
  void firstBatchThatIsFull_isTheFirst() {
    schedule.sealed();
    assertThat(isDue(batch())).isFalse();
  }

  @Test
  void batchOfEchoes_isNotDueByTime() {
    SinkBatch batch = batch();
    batch.asksToGo = false;
    assertThat(isDue(batch)).isFalse();
    schedule.sending();
    advance(INTERVAL);
    assertThat(isDue(batch)).isFalse();
    schedule.await(batch);
    assertThat(time.pending()).isZero();
  }

  @Test
  void hurry_letsWhatIsOpenGoWhateverItIs() {
    schedule.sending();
    SinkBatch batch = batch();
    batch.asksToGo = false;
    schedule.hurry(true);
    assertThat(isDue(batch)).isTrue();
    schedule.sealed();
    assertThat(isDue(batch)).as("what is behind the full batch").isTrue();
    schedule.sending();
    assertThat(isDue(batch())).isFalse();
  }

  @Test
  void hurry_withNothingOpenIsOver() {
    schedule.sending();
    schedule.hurry(true);
    schedule.hurry(false);
    assertThat(isDue(batch())).isFalse();
  }

  @Test
  void hurry_withNothingOpenLeavesTheFirstBatchTheFirst() {
    schedule.hurry(false);
    assertThat(isDue(batch())).isTrue();
  }

  @Test
  void await_setsTheTimerOnceForTheOldestLine() {
    SinkBatch batch = batch();
    advance(30);
    schedule.await(batch);
    advance(10);
    schedule.await(batch());
    assertThat(time.pending()).isEqualTo(1);
    advance(INTERVAL - 40 - 1);
    assertThat(came).isZero();
    advance(1);
    assertThat(came).isEqualTo(1);
    schedule.await(batch());
    assertThat(time.pending()).as("before it is told that the time came").isZero();
    schedule.timeCame();
    schedule.await(batch());
    assertThat(time.pending()).isEqualTo(1);
  }

  @Test
  void retryLater_setsTheTimerAnew() {
    schedule.await(batch());
    schedule.retryLater();
    assertThat(time.pending()).isEqualTo(1);
    advance(WorkerPool.RETRY_NANOS - 1);
    assertThat(came).isZero();
    advance(1);
    assertThat(came).isEqualTo(1);
  }

  @Test
  void cancel_leavesNoTimer() {
    schedule.retryLater();
    schedule.cancel();
    assertThat(time.pending()).isZero();
  }
}
