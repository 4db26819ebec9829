package dev.logweir;

import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import org.jetbrains.lincheck.datastructures.StressOptions;

/**
 * Runs short programs of three threads, put together at random of a model's operations, each many
 * times on real threads that begin together; what the operations returned must be what some order
 * of them, one after another, returns.
 */
final class Models {
  private Models() {}

  /** Checks a model, and that after each run of a program its {@code Validate} holds. */
  static void check(Class<?> model) {
    new StressOptions()
        .iterations(number("verification.programs", 15))
        .invocationsPerIteration(number("verification.runs", 1000))
        .threads(3)
        .actorsPerThread(3)
        .actorsBefore(1)
        .actorsAfter(1)
        .minimizeFailedScenario(false)
        .check(model);
  }

  /** Returns a number that the run gives, or the usual one. */
  static int number(String property, int usual) {
    int wanted = Integer.getInteger(property, 0);
    return wanted > 0 ? wanted : usual;
  }

  static void require(boolean condition, String what) {
    if (!condition) {
      throw new IllegalStateException(what);
    }
  }

  /** What was handed over to other threads: a model's operation is such a thread's work. */
  static final class HandedOver implements Executor, ThreadFactory {
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();

    @Override
    public void execute(Runnable task) {
      tasks.add(task);
    }

    @Override
    public Thread newThread(Runnable task) {
      return new Thread(task) {
        @Override
        @SuppressWarnings("UnsynchronizedOverridesSynchronized") // it never starts
        public void start() {
          tasks.add(task);
        }
      };
    }

    /** Runs what was handed over first; returns whether there was anything. */
    boolean runOne() {
      Runnable task = tasks.poll();
      if (task == null) {
        return false;
      }
      task.run();
      return true;
    }

    void runAll() {
      while (runOne()) {
        // until nothing is handed over any more
      }
    }
  }

  /**
   * Time that stands still: what waits for a timer waits for ever. It takes no lock, which would
   * put in order what the models let happen at once.
   */
  static final class StandingTime implements EngineTime {
    @Override
    public long nanoTime() {
      return 0;
    }

    @Override
    public long currentTimeMillis() {
      return 0;
    }

    @Override
    public void set(EngineTimer timer, long delayNanos) {
      // its time does not come
    }

    @Override
    public void cancel(EngineTimer timer) {
      // as it is not set
    }

    @Override
    public boolean await(CountDownLatch latch, long nanos) throws InterruptedException {
      latch.await();
      return true;
    }

    @Override
    public void close() {
      // no thread to end
    }
  }

  /** Starts a job of which a line goes as soon as the sender is free. */
  static Job start(
      LogweirEngine engine, boolean streams, BatchSender sender, LogProcessor... processors) {
    JobSettings settings = new JobSettings();
    settings.engine(engine);
    settings.name("model");
    settings.maxSize(JobSettings.MIN_SIZE);
    settings.maxInterval(Duration.ZERO);
    settings.sink(sender);
    for (LogProcessor processor : processors) {
      settings.processor(processor);
    }
    return Job.start(settings.complete(), streams);
  }
}
