package dev.logweir.testkit;

import dev.logweir.EngineTime;
import dev.logweir.EngineTimer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Time that passes when a test says so, for the engine of a test of a runner. Intervals, pauses of
 * drains and deadlines of jobs come to their end within {@link #advance}, on the thread of the
 * test; none of them takes a second of the clock on the wall.
 *
 * <pre>{@code
 * ManualTime time = new ManualTime();
 * ScriptedSender sender = new ScriptedSender();
 * try (LogweirEngine engine = LogweirEngine.builder().time(time).build();
 *     LogStreamer log = LogStreamer.builder(sender).engine(engine).start()) {
 *   log.stdout().write("goes at once\n".getBytes(UTF_8));
 *   sender.awaitLines(1);
 *   log.stdout().write("waits for others\n".getBytes(UTF_8));
 *   time.advanceUntil(() -> sender.lines().size() == 2, Duration.ofSeconds(1));
 * }
 * }</pre>
 *
 * <p>A thread that waits for the engine, as in {@code LogStreamer.finish}, waits until what it
 * waits for has come, or for 30 s of the clock on the wall, which only a failure reaches: a test of
 * a deadline lets another thread call {@code finish}, {@linkplain #awaitWaiting waits for it}, and
 * lets the time pass; or says what is to happen {@linkplain #whileWaiting while a thread waits}.
 *
 * <p>Pauses of a sender, within a {@code SendCall}, are not the engine's: they take their time.
 * Thread-safe.
 */
public final class ManualTime implements EngineTime {
  private static final long START_MILLIS = 1_790_000_000_000L;

  /** Guards all that changes. */
  private final Monitor monitor = new Monitor();

  private final List<Entry> entries = new ArrayList<>();
  private @Nullable Waiting instead;
  private int waiting;
  private int entered;
  private long nanos;

  /** Something that is to happen. {@code owner} sets and cancels it. */
  private record Entry(Object owner, Runnable action, long dueNanos, int number) {}

  /** What happens while a thread waits for something of the engine. */
  @FunctionalInterface
  public interface Waiting {
    /**
     * Brings about what the thread waits for, or lets the time pass; on that thread.
     *
     * @param latch opens once it has come
     * @param nanos how long the thread would wait
     * @return whether the latch is open
     * @throws InterruptedException if the thread is interrupted
     */
    boolean await(CountDownLatch latch, long nanos) throws InterruptedException;
  }

  /** Creates a time that stands still. */
  public ManualTime() {}

  @Override
  public long nanoTime() {
    return monitor.get(() -> nanos);
  }

  /** Returns the milliseconds since 1970; the time begins in September 2026. */
  @Override
  public long currentTimeMillis() {
    return START_MILLIS + TimeUnit.NANOSECONDS.toMillis(nanoTime());
  }

  @Override
  public void set(EngineTimer timer, long delayNanos) {
    Objects.requireNonNull(timer, "timer");
    monitor.run(
        () -> {
          entries.removeIf(entry -> entry.owner == timer);
          add(timer, timer::run, delayNanos);
        });
  }

  @Override
  public void cancel(EngineTimer timer) {
    monitor.run(() -> entries.removeIf(entry -> entry.owner == timer));
  }

  /**
   * Lets something of the test happen at a time, within {@link #advance}.
   *
   * @throws NullPointerException if an argument is null
   */
  public void schedule(Runnable action, Duration delay) {
    Objects.requireNonNull(action, "action");
    long delayNanos = delay.toNanos();
    monitor.run(() -> add(action, action, delayNanos));
  }

  private void add(Object owner, Runnable action, long delayNanos) {
    entries.add(new Entry(owner, action, nanos + Math.max(0, delayNanos), entered++));
  }

  /**
   * Lets time pass, and runs what becomes due, in its order, each at its moment.
   *
   * @throws IllegalArgumentException if {@code time} is negative
   */
  public void advance(Duration time) {
    long end = nanoTime() + nanosOf(time);
    boolean ran = runNext(end);
    while (ran) {
      ran = runNext(end);
    }
  }

  /**
   * Lets time pass, step by step, until a condition holds. Each step leaves other threads a
   * millisecond: a timer may be set, and what a timer has begun may end, on one of theirs.
   *
   * @throws IllegalArgumentException if {@code step} is negative
   * @throws AssertionError if the condition does not hold after 30 s of the clock on the wall
   */
  public void advanceUntil(BooleanSupplier condition, Duration step) {
    Eventually.until(
        () -> {
          boolean holds = condition.getAsBoolean();
          if (!holds) {
            advance(step);
          }
          return holds;
        });
  }

  /**
   * Lets time pass to the moment of the next timer and runs that one; or, if none is due within
   * this time, lets all of it pass.
   *
   * @return whether a timer ran
   * @throws IllegalArgumentException if {@code atMost} is negative
   */
  public boolean advanceToNext(Duration atMost) {
    return runNext(nanoTime() + nanosOf(atMost));
  }

  private static long nanosOf(Duration time) {
    if (time.isNegative()) {
      throw new IllegalArgumentException("time must not go back: " + time);
    }
    return time.toNanos();
  }

  private boolean runNext(long endNanos) {
    Entry next =
        monitor.get(
            () -> {
              Entry due =
                  entries.stream()
                      .filter(entry -> entry.dueNanos <= endNanos)
                      .min(Comparator.comparingLong(Entry::dueNanos).thenComparing(Entry::number))
                      .orElse(null);
              nanos = Math.max(nanos, due == null ? endNanos : due.dueNanos);
              entries.remove(due);
              return due;
            });
    if (next != null) {
      next.action.run();
    }
    return next != null;
  }

  /** Returns how many timers are set, and how much the test has scheduled. */
  public int pending() {
    return monitor.get(entries::size);
  }

  /** Waits until a timer is set for so long from now; fails after 30 s of the clock on the wall. */
  public void awaitTimer(Duration delay) throws InterruptedException {
    long delayNanos = delay.toNanos();
    monitor.awaitAtLeast(
        "timers set for " + delay + " from now",
        () -> (int) entries.stream().filter(its -> its.dueNanos == nanos + delayNanos).count(),
        1);
  }

  /**
   * Waits until so many threads wait for something of the engine; fails after 30 s of the clock on
   * the wall.
   */
  public void awaitWaiting(int threads) throws InterruptedException {
    monitor.awaitAtLeast("threads that wait", () -> waiting, threads);
  }

  /**
   * Sets what happens, from now on, while a thread waits for something of the engine, instead of
   * waiting. Such as: {@code (latch, nanos) -> latch.getCount() == 0}, for a thread that never
   * waits.
   *
   * @throws NullPointerException if {@code instead} is null
   */
  public void whileWaiting(Waiting instead) {
    Objects.requireNonNull(instead, "instead");
    monitor.run(() -> this.instead = instead);
  }

  /**
   * Waits as {@link #whileWaiting} says, or else for real, whatever the time, unless it is none.
   */
  @Override
  public boolean await(CountDownLatch latch, long nanos) throws InterruptedException {
    Waiting action = monitor.get(() -> instead);
    if (action != null) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      return action.await(latch, nanos);
    }
    if (nanos <= 0) {
      return latch.await(0, TimeUnit.SECONDS);
    }
    monitor.run(() -> waiting++);
    try {
      return latch.await(Monitor.LIMIT_SECONDS, TimeUnit.SECONDS);
    } finally {
      monitor.run(() -> waiting--);
    }
  }

  @Override
  public void close() {
    monitor.run(entries::clear);
  }

  @Override
  public String toString() {
    return "ManualTime[" + Duration.ofNanos(nanoTime()) + ", pending " + pending() + "]";
  }
}
