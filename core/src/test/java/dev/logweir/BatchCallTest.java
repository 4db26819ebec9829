package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BatchCallTest {
  private final LogBatch batch = LogBatch.of(List.of("line"));

  @Test
  void wake_endsThePauseUnderWay() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    Thread waker =
        new Thread(
            () -> {
              try {
                started.await();
                batch.wake();
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
            });
    waker.start();

    started.countDown();
    batch.pause(Duration.ofHours(1));

    waker.join();
  }

  @Test
  void wake_beforeAPauseEndsThatOneAlone() throws Exception {
    batch.wake();
    batch.wake();

    batch.pause(Duration.ofHours(1));

    long begun = System.nanoTime();
    batch.pause(Duration.ofMillis(1));
    assertThat(System.nanoTime() - begun).isGreaterThanOrEqualTo(1_000_000);
  }

  @Test
  void answered_takesWrittenBack() {
    BatchCall call = new BatchCall(new ReentrantLock(), null);
    LogBatch sent = new LogBatch(call);
    sent.written();
    assertThat(call.isWritten()).isTrue();

    sent.answered();

    assertThat(call.isWritten()).isFalse();
  }
}
