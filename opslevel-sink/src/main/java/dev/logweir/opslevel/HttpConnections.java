package dev.logweir.opslevel;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The connections of a client, of a bounded number. The one used last is used next, so that those
 * that are not needed grow idle. Thread-safe.
 */
final class HttpConnections {
  private static final long MAX_AGE_NANOS = TimeUnit.MINUTES.toNanos(10);

  private final int max;
  private final ReentrantLock lock = new ReentrantLock();

  /** Signalled for a connection or a place that came free, and to all for a call cancelled. */
  private final Condition changed = lock.newCondition();

  @GuardedBy("lock")
  private final ArrayDeque<HttpConnection> idle = new ArrayDeque<>();

  @GuardedBy("lock")
  private int inUse;

  @GuardedBy("lock")
  private boolean closed;

  HttpConnections(int max) {
    this.max = max;
  }

  /** How a connection is made. */
  @FunctionalInterface
  interface Maker {
    /** Returns a connection that the call holds. */
    HttpConnection make(HttpCall call) throws IOException;
  }

  /**
   * Gets a connection, which the call then holds: one that is open, or a new one.
   *
   * @throws NoneFreeException if none came free in time
   * @throws InterruptedException if the thread was interrupted while it waited for one
   */
  HttpConnection lease(HttpCall call, Duration patience, Maker maker)
      throws IOException, InterruptedException {
    while (true) {
      HttpConnection connection = take(call, patience);
      boolean leased = false;
      try {
        if (connection == null) {
          connection = maker.make(call);
          leased = true;
          return connection;
        }
        call.attach(connection.wire());
        if (!connection.isExpired(System.nanoTime(), MAX_AGE_NANOS) && connection.isFresh()) {
          leased = true;
          return connection;
        }
        call.detach(connection.wire());
      } finally {
        if (!leased) {
          giveBack(connection, false);
        }
      }
    }
  }

  /** Returns an idle connection; null if a new one may be made. */
  private @Nullable HttpConnection take(HttpCall call, Duration patience)
      throws IOException, InterruptedException {
    long left = patience.toNanos();
    lock.lock();
    try {
      call.requireUncancelled();
      while (true) {
        HttpConnection connection = idle.pollLast();
        if (connection != null || inUse < max) {
          inUse++;
          return connection;
        }
        if (left <= 0) {
          throw new NoneFreeException();
        }
        left = changed.awaitNanos(left);
        if (call.isCancelled()) {
          // What woke this call may have been meant for another one.
          changed.signal();
          throw new NoneFreeException();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes a connection back.
   *
   * @param connection null if none could be made
   * @param reusable whether the next request may be sent on it
   */
  void giveBack(@Nullable HttpConnection connection, boolean reusable) {
    boolean kept = false;
    lock.lock();
    try {
      inUse--;
      if (reusable
          && connection != null
          && !closed
          && !connection.isExpired(System.nanoTime(), MAX_AGE_NANOS)) {
        idle.addLast(connection);
        kept = true;
      }
      changed.signal();
    } finally {
      lock.unlock();
    }
    if (!kept && connection != null) {
      connection.close();
    }
  }

  /** Lets calls that wait see that they were cancelled. */
  void wake() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Closes connections that have been idle for their time, and returns how many there are left. */
  int sweep() {
    ArrayDeque<HttpConnection> expired = new ArrayDeque<>();
    long now = System.nanoTime();
    int left;
    lock.lock();
    try {
      for (Iterator<HttpConnection> each = idle.iterator(); each.hasNext(); ) {
        HttpConnection connection = each.next();
        if (connection.isExpired(now, MAX_AGE_NANOS)) {
          each.remove();
          expired.add(connection);
        }
      }
      left = idle.size() + inUse;
    } finally {
      lock.unlock();
    }
    expired.forEach(HttpConnection::close);
    return left;
  }

  /** Returns the number of connections, in use and idle. */
  int size() {
    lock.lock();
    try {
      return idle.size() + inUse;
    } finally {
      lock.unlock();
    }
  }

  /** Closes what is idle, and what is given back from here on. */
  void close() {
    ArrayDeque<HttpConnection> all;
    lock.lock();
    try {
      closed = true;
      all = new ArrayDeque<>(idle);
      idle.clear();
    } finally {
      lock.unlock();
    }
    all.forEach(HttpConnection::close);
  }

  /** All connections were in use all the time. */
  static final class NoneFreeException extends IOException {
    private static final long serialVersionUID = 1L;

    NoneFreeException() {
      super("no connection came free");
    }
  }
}
