package dev.logweir.opslevel;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DeadlineTimerTest {
  private static final InheritableThreadLocal<String> TENANT = new InheritableThreadLocal<>();

  @Test
  @SuppressWarnings("ThreadPriorityCheck") // what must not be handed down
  void thread_takesNothingFromWhoNeededItFirst() throws Exception {
    CompletableFuture<String> seen = new CompletableFuture<>();
    try (DeadlineTimer timer = DeadlineTimer.onOneThread()) {
      Thread first =
          new Thread(
              new ThreadGroup("job"),
              () -> {
                TENANT.set("first");
                Future<?> unused = timer.schedule(() -> seen.complete(look()), Duration.ZERO);
              });
      first.setContextClassLoader(new ClassLoader(null) {});
      first.setPriority(Thread.MIN_PRIORITY);
      first.start();
      first.join();

      assertThat(seen.get(50, TimeUnit.SECONDS))
          .isEqualTo(
              "tenant null, sink's loader true, priority 5, of the job's group false, daemon true");
    }
  }

  private static String look() {
    Thread thread = Thread.currentThread();
    return "tenant %s, sink's loader %s, priority %d, of the job's group %s, daemon %s"
        .formatted(
            TENANT.get(),
            thread.getContextClassLoader() == DeadlineTimer.class.getClassLoader(),
            thread.getPriority(),
            "job".equals(thread.getThreadGroup().getName()),
            thread.isDaemon());
  }
}
