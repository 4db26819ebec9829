package dev.logweir.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WindowTest {
  @Test
  void begin_waitsWhenAsManyAreOnTheWay() throws Exception {
    Window window = new Window(4);
    AtomicInteger begun = new AtomicInteger();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread writer =
        new Thread(
            () -> {
              try {
                for (int line = 0; line < 5; line++) {
                  window.begin();
                  begun.incrementAndGet();
                }
              } catch (InterruptedException e) {
                failure.set(e);
              }
            });
    writer.start();
    while (writer.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    assertThat(begun).hasValue(4);

    window.end(1);
    assertThat(begun).hasValue(4);
    window.end(1);
    writer.join();
    window.end(3);

    window.awaitAll();
    assertThat(begun).hasValue(5);
    assertThat(failure.get()).isNull();
  }
}
