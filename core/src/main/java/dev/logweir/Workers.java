package dev.logweir;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The threads of a {@link WorkerPool}, those that hang too. Guarded by its pool's lock. */
final class Workers {
  /** Those that get work. */
  private final List<Worker> present = new ArrayList<>();

  /**
   * Those that hang in a call without an owner that is refused more at a limit: they must be
   * bounded here.
   */
  private final List<Worker> uncounted = new ArrayList<>();

  private int givenUp;
  private int coming;

  /** How many get work, or will. */
  int count() {
    return present.size();
  }

  /** How many threads there are, or are about to be. */
  int threads() {
    return present.size() + givenUp;
  }

  /** How many are about to come for work for the first time. */
  int coming() {
    return coming;
  }

  int uncounted() {
    return uncounted.size();
  }

  boolean hasStarted() {
    for (int i = 0; i < present.size(); i++) {
      if (present.get(i).stage != Worker.Stage.MADE) {
        return true;
      }
    }
    return false;
  }

  /** Returns a worker that counts from now on; null if there is no memory for it. */
  @Nullable Worker add(Worker.Source source, int taken) {
    try {
      Worker worker = new Worker(source, taken);
      present.add(worker);
      coming++;
      return worker;
    } catch (OutOfMemoryError ignored) {
      return null;
    }
  }

  void came(Worker worker) {
    worker.stage = Worker.Stage.THERE;
    coming--;
  }

  /** Takes a worker out that ends, or never began. */
  void remove(Worker worker) {
    if (worker.stage == Worker.Stage.GIVEN_UP) {
      givenUp--;
      uncounted.remove(worker);
      return;
    }
    if (worker.isComing()) {
      coming--;
    }
    present.remove(worker);
  }

  /** Returns the worker whose thread is at a task; null if it is not by now. */
  @Nullable Worker at(Thread thread, Work task) {
    for (int i = 0; i < threads(); i++) {
      int uncountedIndex = i - present.size();
      if (uncountedIndex >= uncounted.size()) {
        return null;
      }
      Worker worker = uncountedIndex < 0 ? present.get(i) : uncounted.get(uncountedIndex);
      if (thread == worker.thread && task == worker.task) {
        return worker;
      }
    }
    return null;
  }

  /**
   * Takes a worker out that hangs.
   *
   * @param counted whether that is counted to an owner that is refused more calls at a limit
   */
  void giveUp(Worker worker, boolean counted) {
    worker.stage = Worker.Stage.GIVEN_UP;
    present.remove(worker);
    givenUp++;
    if (counted) {
      return;
    }
    try {
      uncounted.add(worker);
    } catch (OutOfMemoryError ignored) {
      // One more may be given up then.
    }
  }

  /** One that was given up without an owner is counted by now. */
  void countedLate(Worker worker) {
    uncounted.remove(worker);
  }

  /**
   * Returns those that have been at a task since a time or longer, and those given up without an
   * owner.
   */
  List<Worker> stuck(long sinceNanos) {
    List<Worker> stuck = new ArrayList<>(uncounted);
    for (Worker worker : present) {
      if (worker.task != null && worker.sinceNanos - sinceNanos <= 0) {
        stuck.add(worker);
      }
    }
    return stuck;
  }
}
