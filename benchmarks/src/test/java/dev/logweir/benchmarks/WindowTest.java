package dev.logweir.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WindowTest {
  @Test
  void begin_waitsWhenAsManyAreOnTheWay() throws Exception {
    Window window = new Window(4);
    AtomicInteger begun = new AtomicInteger();
    CountDownLatch four = new CountDownLatch(4);
    ExecutorService writer = Executors.newSingleThreadExecutor();
    Future<?> writing =
        writer.submit(
            () -> {
              for (int line = 0; line < 5; line++) {
                window.begin();
                begun.incrementAndGet();
                four.countDown();
              }
              return null;
            });
    four.await();

    window.end(1);
    assertThat(begun).hasValue(4);
    window.end(1);
    writing.get();
    window.end(3);

    window.awaitAll();
    assertThat(begun).hasValue(5);
    writer.shutdown();
  }
}
