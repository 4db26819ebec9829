package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Executors given for sends, good and bad. */
@Timeout(60)
class SendPoolTest {
  private final List<LogweirEngine> engines = new ArrayList<>();
  private final ConcurrentLinkedQueue<String> threads = new ConcurrentLinkedQueue<>();
  private final StallingSender sender = new StallingSender();

  @AfterEach
  void closeEngines() {
    engines.forEach(LogweirEngine::close);
  }

  private void assertShipsTwoLines(Executor executor) throws Exception {
    LogweirEngine engine = LogweirEngine.builder().sendExecutor(executor).build();
    engines.add(engine);
    LogStreamer log =
        LogStreamer.builder(
                lines -> {
                  threads.add(Thread.currentThread().getName());
                  sender.send(lines);
                })
            .engine(engine)
            .start();
    log.stdout().write("one\n".getBytes(UTF_8));
    sender.awaitLines(1);
    log.stdout().write("two\n".getBytes(UTF_8));
    assertThat(log.finish().isComplete()).isTrue();
    assertThat(sender.lines()).containsExactly("one", "two");
  }

  @Test
  void executorOnOtherThreads_runsTheSends() throws Exception {
    ExecutorService executor = Executors.newSingleThreadExecutor(task -> new Thread(task, "given"));
    try {
      assertShipsTwoLines(executor);
    } finally {
      executor.shutdown();
    }
    assertThat(threads).containsOnly("given");
  }

  @Test
  void executorOnTheCaller_isNotUsed() throws Exception {
    assertShipsTwoLines(Runnable::run);
    assertThat(threads).allMatch(name -> name.startsWith("logweir-send-"));
  }

  @Test
  void executorThatRejects_isNotUsed() throws Exception {
    assertShipsTwoLines(
        task -> {
          throw new RejectedExecutionException("full");
        });
    assertThat(threads).allMatch(name -> name.startsWith("logweir-send-"));
  }

  @Test
  void executorWithoutAThread_isNotUsed() throws Exception {
    assertShipsTwoLines(
        task -> {
          throw new OutOfMemoryError("unable to create native thread");
        });
    assertThat(threads).allMatch(name -> name.startsWith("logweir-send-"));
  }

  @Test
  void executorThatRunsATaskTwiceAndThenRejectsIt_sendsOnce() throws Exception {
    AtomicInteger tasks = new AtomicInteger();
    assertShipsTwoLines(
        task -> {
          tasks.incrementAndGet();
          Elsewhere.call(
              () -> {
                task.run();
                task.run();
                return true;
              });
          throw new RejectedExecutionException("after all");
        });
    assertThat(tasks.get()).isPositive();
  }

  @Test
  void executorThatRunsOnTheCallerLater_isUsed() throws Exception {
    ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    LogweirEngine engine = LogweirEngine.builder().sendExecutor(tasks::add).build();
    engines.add(engine);
    LogStreamer log = LogStreamer.builder(sender).engine(engine).start();
    log.stdout().write("one\n".getBytes(UTF_8));
    while (tasks.isEmpty()) {
      log.drain();
    }
    assertThat(sender.calls()).isZero();
    tasks.remove().run();
    assertThat(sender.lines()).containsExactly("one");
    Elsewhere<LogReport> finish = Elsewhere.call(log::finish);
    while (!finish.isDone()) {
      Runnable task = tasks.poll();
      if (task != null) {
        task.run();
      }
    }
    assertThat(finish.get().isComplete()).isTrue();
  }
}
