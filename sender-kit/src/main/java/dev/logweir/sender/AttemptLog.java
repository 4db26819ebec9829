package dev.logweir.sender;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a client logs of its attempts. Failures that are tried again are a streak: its first is a
 * WARN, at most one a minute, and its end an INFO. What the server finds wrong with a batch is
 * logged with that batch, and here at DEBUG. Whatever a logger throws is swallowed. Thread-safe.
 */
final class AttemptLog {
  private static final long WARN_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final Logger log;
  private final String server;
  private final LongSupplier nanoTime;

  /** Whether the WARN of a streak was logged whose end was not. */
  private final AtomicBoolean failing = new AtomicBoolean();

  private final AtomicLong nextWarning;

  AttemptLog(Class<?> client, String server, LongSupplier nanoTime) {
    log = LoggerFactory.getLogger(client);
    this.server = server;
    this.nanoTime = nanoTime;
    nextWarning = new AtomicLong(nanoTime.getAsLong());
  }

  void succeeded() {
    if (failing.compareAndSet(true, false)) {
      quietly(() -> log.info("{} accepts requests again", server));
    }
  }

  void failed(AttemptException e) {
    if (e.isRetried() && mayWarn()) {
      quietly(() -> log.warn("attempt failed: {}", e.getMessage()));
      quietly(() -> log.debug("attempt failed", e));
    } else {
      quietly(() -> log.debug("attempt failed: {}", e.getMessage(), e));
    }
  }

  private boolean mayWarn() {
    long now = nanoTime.getAsLong();
    if (now - nextWarning.get() < 0 || !failing.compareAndSet(false, true)) {
      return false;
    }
    nextWarning.set(now + WARN_NANOS);
    return true;
  }

  private static void quietly(Runnable message) {
    try {
      message.run();
    } catch (RuntimeException | Error ignored) {
      // An appender that fails costs its message, never an attempt.
    }
  }
}
