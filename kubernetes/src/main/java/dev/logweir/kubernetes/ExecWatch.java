package dev.logweir.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the pod of a command while nothing comes from it, and ends a stream that will not end by
 * itself: a WebSocket says nothing of a server that is gone.
 */
final class ExecWatch implements ExecStream.Events {
  /** How long the last bytes may take after the status, if the server does not close. */
  private static final long LAST_BYTES_NANOS = Duration.ofSeconds(5).toNanos();

  private static final int MAX_UNREACHABLE = 3;

  private final KubernetesClient client;
  private final PodTarget target;
  private final @Nullable String identity;
  private final long checkNanos;
  private final long maxNanos;
  private final ReentrantLock lock = new ReentrantLock();

  private @Nullable ExecStream stream;
  private @Nullable ScheduledFuture<?> check;
  private @Nullable ScheduledFuture<?> limit;
  private boolean over;
  private boolean statusCame;
  private long frames = -1;
  private int unreachable;

  ExecWatch(
      KubernetesClient client,
      PodTarget target,
      @Nullable String identity,
      long checkNanos,
      long maxNanos) {
    this.client = client;
    this.target = target;
    this.identity = identity;
    this.checkNanos = checkNanos;
    this.maxNanos = maxNanos;
  }

  void begin(ExecStream begun) {
    boolean last;
    lock.lock();
    try {
      stream = begun;
      last = statusCame;
      if (!over) {
        limit =
            ExecTimer.schedule(
                () -> begun.close(end(PodExecResult.Cause.TIMED_OUT, "its time was over")),
                maxNanos);
      }
    } finally {
      lock.unlock();
    }
    next(last ? LAST_BYTES_NANOS : checkNanos);
  }

  private void next(long nanos) {
    lock.lock();
    try {
      ExecStream watched = stream;
      if (over || watched == null) {
        return;
      }
      if (check != null) {
        check.cancel(false);
      }
      check = ExecTimer.schedule(() -> check(watched), nanos);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void statusCame() {
    lock.lock();
    try {
      statusCame = true;
    } finally {
      lock.unlock();
    }
    next(LAST_BYTES_NANOS);
  }

  @Override
  public void ended() {
    end();
  }

  void end() {
    lock.lock();
    try {
      over = true;
      if (check != null) {
        check.cancel(false);
      }
      if (limit != null) {
        limit.cancel(false);
      }
    } finally {
      lock.unlock();
    }
  }

  private void check(ExecStream watched) {
    try {
      look(watched);
    } finally {
      next(statusIsIn() ? LAST_BYTES_NANOS : checkNanos);
    }
  }

  private void look(ExecStream watched) {
    long now = watched.frames();
    boolean quiet = now == frames && !watched.isHeld();
    frames = now;
    if (statusIsIn()) {
      if (quiet) {
        watched.close(end(PodExecResult.Cause.CLOSED, "the server left it open"));
      }
      return;
    }
    ExecEnd end = quiet ? lookedAt() : null;
    if (end != null) {
      watched.close(end);
    }
  }

  private boolean statusIsIn() {
    lock.lock();
    try {
      return statusCame;
    } finally {
      lock.unlock();
    }
  }

  /** Returns why the stream can bring no more, or null if it may. */
  private @Nullable ExecEnd lookedAt() {
    PodLook look = PodLook.at(client, target);
    unreachable = look.state() == PodLook.State.UNREACHABLE ? unreachable + 1 : 0;
    if (look.isOther(identity)) {
      return end(PodExecResult.Cause.CONTAINER_GONE, "its container was started anew");
    }
    return switch (look.state()) {
      case POD_GONE, POD_ENDED ->
          end(PodExecResult.Cause.POD_GONE, "the pod is gone: " + look.text());
      case CONTAINER_GONE, NO_SUCH_CONTAINER, WAITING ->
          end(PodExecResult.Cause.CONTAINER_GONE, look.text());
      case UNREACHABLE ->
          unreachable < MAX_UNREACHABLE ? null : end(PodExecResult.Cause.UNREACHABLE, look.text());
      case RUNNING, FORBIDDEN -> null;
    };
  }

  private static ExecEnd end(PodExecResult.Cause cause, String text) {
    return new ExecEnd(cause, text);
  }
}
