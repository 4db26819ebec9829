package dev.logweir.faktory;

import java.util.Set;
import java.util.stream.Collectors;

/** The threads that a test, or what it tests, could have started. */
final class OwnThreads {
  private OwnThreads() {}

  /** Those that run, without the JVM's own, which wait for child processes or carry others. */
  static Set<Thread> running() {
    ThreadGroup ours = Thread.currentThread().getThreadGroup();
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getThreadGroup() == ours)
        .filter(thread -> !thread.getName().startsWith(FakeFaktory.THREADS))
        .collect(Collectors.toSet());
  }
}
