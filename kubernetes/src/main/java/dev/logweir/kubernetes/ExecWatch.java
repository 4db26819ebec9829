package dev.logweir.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Checks the pod of a command while its stream is silent, and ends a stream that will not end by
 * itself: a WebSocket does not report a server that is gone.
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
  private final WatchTimer checks = new WatchTimer();
  private final WatchTimer limit = new WatchTimer();

  /** Null until there is one; a status may come before. */
  private volatile @Nullable ExecStream stream;

  private volatile boolean statusCame;

  /** Of the checks: one follows the other, unless a status comes while one waits. */
  private volatile long frames = -1;

  private volatile int unreachable;

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
    stream = begun;
    limit.schedule(
        () -> begun.close(end(PodExecResult.Cause.TIMED_OUT, "its time was over")), maxNanos);
    next();
  }

  private void next() {
    ExecStream watched = stream;
    if (watched != null) {
      checks.schedule(() -> check(watched), statusCame ? LAST_BYTES_NANOS : checkNanos);
    }
  }

  @Override
  public void statusCame() {
    statusCame = true;
    next();
  }

  @Override
  public void ended() {
    end();
  }

  void end() {
    checks.end();
    limit.end();
  }

  private void check(ExecStream watched) {
    try {
      look(watched);
    } finally {
      next();
    }
  }

  private void look(ExecStream watched) {
    long now = watched.frames();
    boolean quiet = now == frames && !watched.isHeld();
    frames = now;
    if (statusCame) {
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
