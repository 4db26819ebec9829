package dev.logweir.faktory;

import dev.logweir.sender.AttemptException;
import dev.logweir.sender.CommonResult;
import java.time.Duration;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.commons.pool2.BasePooledObjectFactory;
import org.apache.commons.pool2.PooledObject;
import org.apache.commons.pool2.PooledObjectState;
import org.apache.commons.pool2.impl.DefaultPooledObject;
import org.apache.commons.pool2.impl.GenericObjectPool;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import org.jspecify.annotations.Nullable;

/**
 * Lends connections, at most so many at a time, first to the push that has waited longest.
 * Thread-safe.
 *
 * <p>Has no thread: connections that have been idle for too long are closed when another comes
 * back, and are never lent again in any case, nor are old ones and those that the server has ended.
 */
final class ConnectionPool implements AutoCloseable {
  /** How often idle connections are checked, at most, within the time that they may be idle. */
  private static final int EVICTIONS_PER_IDLE_TIME = 4;

  private final GenericObjectPool<FaktoryConnection> pool;
  private final Set<FaktoryConnection> lent = ConcurrentHashMap.newKeySet();
  private final long evictionNanos;
  private final AtomicLong evictedNanos = new AtomicLong(System.nanoTime());

  ConnectionPool(Dialer dialer, int size, Duration maxIdleTime, Duration maxAge) {
    evictionNanos = maxIdleTime.toNanos() / EVICTIONS_PER_IDLE_TIME;
    GenericObjectPoolConfig<FaktoryConnection> config = new GenericObjectPoolConfig<>();
    config.setMaxTotal(size);
    config.setMaxIdle(size);
    config.setFairness(true);
    config.setTestOnBorrow(true);
    // Closing a connection that is returned makes room and wakes a waiting push; evicting it does
    // not.
    config.setTestOnReturn(true);
    config.setTestWhileIdle(true);
    config.setMinEvictableIdleDuration(maxIdleTime);
    config.setNumTestsPerEvictionRun(-1); // all
    config.setJmxEnabled(false);
    pool = new GenericObjectPool<>(new Connections(dialer, maxIdleTime, maxAge), config);
  }

  /**
   * Waits for a connection, which may still have to be opened. It must be given back or discarded.
   *
   * @param deadlineNanos on {@link System#nanoTime}
   */
  FaktoryConnection borrow(long deadlineNanos) throws AttemptException, InterruptedException {
    FaktoryConnection connection;
    try {
      connection =
          pool.borrowObject(Duration.ofNanos(Math.max(1, deadlineNanos - System.nanoTime())));
    } catch (NoSuchElementException e) {
      throw new AttemptException(
          PushResult.NO_FREE_CONNECTION, "all " + size() + " connections were in use", e);
    } catch (IllegalStateException e) {
      throw closed(e);
    } catch (InterruptedException e) {
      // Closing the pool wakes those who wait by an exception, too.
      if (pool.isClosed()) {
        throw closed(e);
      }
      throw e;
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("making an unconnected connection cannot fail", e);
    }
    lent.add(connection);
    if (pool.isClosed()) {
      discard(connection);
      throw closed(null);
    }
    return connection;
  }

  void giveBack(FaktoryConnection connection) {
    lent.remove(connection);
    try {
      // First, so that a push that waits for a connection evicted just now is woken by this one.
      if (isEvictionDue()) {
        pool.evict();
      }
    } catch (IllegalStateException ignored) {
      // closed meanwhile
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("looking after idle connections cannot fail", e);
    } finally {
      pool.returnObject(connection);
    }
  }

  /** Of those that come at a time, one does it for all: each idle connection costs a read. */
  private boolean isEvictionDue() {
    long last = evictedNanos.get();
    long now = System.nanoTime();
    return now - last >= evictionNanos && evictedNanos.compareAndSet(last, now);
  }

  /** Closes a connection that may be of no more use. */
  void discard(FaktoryConnection connection) {
    connection.abort();
    lent.remove(connection);
    try {
      pool.invalidateObject(connection);
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("closing a connection cannot fail", e);
    }
  }

  /**
   * Closes all idle connections: one that was found dead is seldom alone. To be called before that
   * one is discarded, which wakes a waiting push; this does not.
   */
  void dropIdle() {
    pool.clear();
  }

  int size() {
    return pool.getMaxTotal();
  }

  int inUse() {
    return pool.getNumActive();
  }

  int idle() {
    return pool.getNumIdle();
  }

  int waiting() {
    return pool.getNumWaiters();
  }

  boolean isClosed() {
    return pool.isClosed();
  }

  /** Closes all connections; calls under way and those that wait fail. */
  @Override
  public void close() {
    pool.close();
    lent.forEach(FaktoryConnection::abort);
  }

  private static AttemptException closed(@Nullable Exception cause) {
    return new AttemptException(CommonResult.CLOSED, "the client is closed", cause);
  }

  private static final class Connections extends BasePooledObjectFactory<FaktoryConnection> {
    private final Dialer dialer;
    private final Duration maxIdleTime;
    private final long maxAgeNanos;

    Connections(Dialer dialer, Duration maxIdleTime, Duration maxAge) {
      this.dialer = dialer;
      this.maxIdleTime = maxIdleTime;
      maxAgeNanos = maxAge.toNanos();
    }

    @Override
    public FaktoryConnection create() {
      return new FaktoryConnection(dialer);
    }

    @Override
    public PooledObject<FaktoryConnection> wrap(FaktoryConnection connection) {
      return new DefaultPooledObject<>(connection);
    }

    @Override
    public boolean validateObject(PooledObject<FaktoryConnection> pooled) {
      FaktoryConnection connection = pooled.getObject();
      return !connection.isOpened()
          || ((pooled.getState() == PooledObjectState.RETURNING
                  || pooled.getIdleDuration().compareTo(maxIdleTime) < 0)
              && connection.ageNanos() < maxAgeNanos
              && connection.isUsable());
    }

    @Override
    public void destroyObject(PooledObject<FaktoryConnection> pooled) {
      pooled.getObject().close();
    }
  }
}
