package dev.logweir.benchmarks;

import dev.logweir.BatchSender;
import dev.logweir.LogBatch;
import dev.logweir.SendException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A sender that delivers, waits, fails, takes a part, says that it failed after it delivered,
 * throws Errors, hangs until it is interrupted or beyond that, and recovers, as its seed says.
 *
 * <p>What counts as arrived is what the contract counts as shipped; it goes to a {@link
 * StressCheck} when the call ends.
 */
final class StressSender implements BatchSender {
  private static final long LONGEST_STALL_NANOS = TimeUnit.MILLISECONDS.toNanos(30);

  /** What may be broken on purpose, between the library and the check of it. */
  enum Flaw {
    NONE,
    /** A line of some batches vanishes. */
    LOSE,
    /** Two lines of some batches change places. */
    REORDER,
    /** Two lines of some batches become one. */
    JOIN
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final SplittableRandom random;
  private final StressCheck check;
  private final CountDownLatch roundOver;
  private final int hostility;
  private final Flaw flaw;
  private final @Nullable Runnable within;
  private long calls;
  private int closes;
  private int inside;
  private @Nullable String fault;
  private volatile boolean ended;

  /**
   * @param hostility how many of a hundred calls do anything but deliver
   * @param roundOver ends calls that ignore their interruption
   * @param within run once in a while from within a call; null for nothing
   */
  StressSender(
      long seed,
      int hostility,
      StressCheck check,
      CountDownLatch roundOver,
      Flaw flaw,
      @Nullable Runnable within) {
    random = new SplittableRandom(seed);
    this.hostility = hostility;
    this.check = check;
    this.roundOver = roundOver;
    this.flaw = flaw;
    this.within = within;
  }

  @Override
  public void send(List<String> lines) throws Exception {
    int choice;
    lock.lock();
    try {
      calls++;
      inside++;
      if (inside > 1) {
        fault = "two calls of a sender at once";
      }
      // One that was given up before its first line is interrupted before the sender is closed.
      if (closes > 0 && !Thread.currentThread().isInterrupted()) {
        fault = "a call after close";
      }
      choice = random.nextInt(100) < hostility ? random.nextInt(10) : -1;
    } finally {
      lock.unlock();
    }
    try {
      if (within != null && calls % 5 == 0) {
        within.run();
      }
      act(lines, choice);
    } finally {
      lock.lock();
      try {
        inside--;
      } finally {
        lock.unlock();
      }
    }
  }

  private void act(List<String> lines, int choice) throws Exception {
    switch (choice) {
      case 0 -> throw new IllegalStateException("on purpose");
      case 1 -> throw new SendException(SendException.Kind.REFUSED, "on purpose", null);
      case 2 -> throw new StackOverflowError("on purpose");
      case 3 -> {
        BitSet undelivered = new BitSet();
        for (int i = 0; i < lines.size(); i++) {
          undelivered.set(i, i % 3 == 1);
        }
        // What is missing in between is told at the head of the next batch: not a matter of order.
        arrived(lines, undelivered);
        throw new SendException(SendException.Kind.FAILED, "on purpose", null, undelivered);
      }
      case 4 -> {
        List<String> copy = List.copyOf(lines);
        int part = copy.size() / 2;
        LogBatch.of(lines).call().delivered(part);
        arrived(copy.subList(0, part));
        throw new IllegalStateException("after a part");
      }
      case 5 -> {
        LogBatch.of(lines).call().written();
        throw new IllegalStateException("without an answer");
      }
      case 6 -> {
        List<String> copy = List.copyOf(lines);
        roundOver.await(); // until the end of the job interrupts it
        arrived(copy);
      }
      case 7 -> {
        List<String> copy = List.copyOf(lines);
        boolean interrupted = false;
        while (roundOver.getCount() > 0) {
          try {
            roundOver.await();
          } catch (InterruptedException e) {
            interrupted = true;
          }
        }
        if (interrupted) {
          throw new IllegalStateException("returned late");
        }
        arrived(copy);
      }
      case 8, 9 -> {
        List<String> copy = List.copyOf(lines);
        LogBatch.of(lines).call().pause(Duration.ofNanos(pause()));
        arrived(copy);
      }
      default -> arrived(List.copyOf(lines));
    }
  }

  private long pause() {
    lock.lock();
    try {
      return 1 + random.nextLong(LONGEST_STALL_NANOS);
    } finally {
      lock.unlock();
    }
  }

  private void arrived(List<String> all, BitSet undelivered) {
    lock.lock();
    try {
      if (!ended) {
        for (int i = 0; i < all.size(); i++) {
          if (undelivered.get(i)) {
            check.lostInSending();
          } else {
            check.line(all.get(i));
          }
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void arrived(List<String> lines) {
    lock.lock();
    try {
      if (!ended) {
        broken(lines).forEach(check::line);
      }
    } finally {
      lock.unlock();
    }
  }

  private List<String> broken(List<String> lines) {
    if (flaw == Flaw.NONE || lines.size() < 6) {
      return lines;
    }
    List<String> changed = new ArrayList<>(lines);
    int at = lines.size() / 2;
    switch (flaw) {
      case LOSE -> changed.subList(at, at + 3).clear();
      case REORDER -> changed.add(at + 3, changed.remove(at));
      case JOIN -> changed.set(at, changed.get(at) + changed.remove(at + 1));
      case NONE -> {}
    }
    return changed;
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closes++;
    } finally {
      lock.unlock();
    }
  }

  /** What comes from now on is of calls that the job had given up. */
  void jobOver() {
    lock.lock();
    try {
      ended = true;
    } finally {
      lock.unlock();
    }
  }

  long calls() {
    lock.lock();
    try {
      return calls;
    } finally {
      lock.unlock();
    }
  }

  int closes() {
    lock.lock();
    try {
      return closes;
    } finally {
      lock.unlock();
    }
  }

  @Nullable String fault() {
    lock.lock();
    try {
      return fault;
    } finally {
      lock.unlock();
    }
  }
}
