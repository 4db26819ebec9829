package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.testkit.FakeProcess;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the threads of an engine have of the thread on which they were made. */
@Timeout(60)
class DaemonThreadsTest {
  private static final InheritableThreadLocal<String> TENANT = new InheritableThreadLocal<>();

  private final LogweirEngine engine = LogweirEngine.builder().build();
  private final Map<String, String> seen = new ConcurrentHashMap<>();

  @AfterEach
  void closeEngine() {
    engine.close();
  }

  /** Takes note of what the calling thread has. */
  private void look(String place) {
    Thread thread = Thread.currentThread();
    boolean libraryLoader = thread.getContextClassLoader() == LogweirEngine.class.getClassLoader();
    String state =
        "tenant %s, library's loader %s, priority %d, of the job's group %s, daemon %s"
            .formatted(
                TENANT.get(),
                libraryLoader,
                thread.getPriority(),
                "job".equals(thread.getThreadGroup().getName()),
                thread.isDaemon());
    seen.put(place, state);
  }

  private final class Looking implements LogProcessor {
    @Override
    public void process(LogLine line) {
      look("processor");
    }

    @Override
    public void close() {
      look("close");
    }
  }

  @SuppressWarnings("ThreadPriorityCheck") // what must not be handed down
  private static Thread jobThread(Runnable task) {
    Thread thread = new Thread(new ThreadGroup("job"), task);
    thread.setContextClassLoader(new ClassLoader(null) {});
    thread.setPriority(Thread.MIN_PRIORITY);
    return thread;
  }

  @Test
  void threads_takeNothingFromTheJobThatNeededThemFirst() throws Exception {
    CountDownLatch timer = new CountDownLatch(1);
    Thread first =
        jobThread(
            () -> {
              TENANT.set("first");
              LogStreamer log =
                  LogStreamer.builder(lines -> look("sender"))
                      .engine(engine)
                      .processor(new Looking())
                      .listener(line -> look("listener"))
                      .afterLog(report -> look("callback"))
                      .start();
              engine.time.set(
                  new EngineTimer() {
                    @Override
                    public void run() {
                      look("timer");
                      timer.countDown();
                    }
                  },
                  0);
              try {
                log.pump(new FakeProcess(new LookingInput(), InputStream.nullInputStream()));
                timer.await();
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
              log.finish();
            });
    first.start();
    first.join();

    assertThat(seen)
        .containsOnlyKeys(
            "sender", "processor", "close", "listener", "callback", "timer", "pump reader");
    assertThat(seen.values())
        .containsOnly(
            "tenant null, library's loader true, priority 5, of the job's group false, daemon true");
  }

  /** A child's output of one line. */
  private final class LookingInput extends InputStream {
    private boolean read;

    @Override
    public int read() {
      throw new AssertionError("a pump reads in blocks");
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      look("pump reader");
      if (read) {
        return -1;
      }
      read = true;
      target[offset] = '\n';
      return 1;
    }
  }

  @Test
  void loaderThatOneJobsCodeLeftSet_isNotTheNextJobs() throws Exception {
    WorkerPool pool =
        new WorkerPool(
            DaemonThreads.platform("test-"), 1, TimeUnit.SECONDS.toNanos(10), engine.time);
    List<ClassLoader> loaders = new java.util.concurrent.CopyOnWriteArrayList<>();
    CountDownLatch done = new CountDownLatch(2);
    for (int i = 0; i < 2; i++) {
      pool.execute(
          new Work() {
            @Override
            public void run() {
              Thread thread = Thread.currentThread();
              loaders.add(thread.getContextClassLoader());
              thread.setContextClassLoader(new ClassLoader(null) {});
              done.countDown();
            }
          });
    }
    done.await();
    pool.close();

    assertThat(loaders).hasSize(2).containsOnly(LogweirEngine.class.getClassLoader());
  }

  @Test
  void threads_areNumberedByTheirFactory() {
    var factory = DaemonThreads.platform("test-");

    assertThat(factory.newThread(() -> {}).getName()).isEqualTo("test-1");
    assertThat(factory.newThread(() -> {}).getName()).isEqualTo("test-2");
  }
}
