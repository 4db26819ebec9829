package dev.logweir.opslevel;

import dev.logweir.SendCall;
import dev.logweir.sender.Pauses;
import java.time.Duration;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;

/** The pauses and deadlines of a client whose threads live in virtual time. */
final class VirtualPauses implements Pauses, DeadlineTimer {
  private static final Duration LONG = Duration.ofHours(1);

  private final VirtualTime time;
  private final Duration attemptTimeout;
  private final Map<SendCall, AtomicBoolean> pausing =
      Collections.synchronizedMap(new IdentityHashMap<>());

  VirtualPauses(VirtualTime time, Duration attemptTimeout) {
    this.time = time;
    this.attemptTimeout = attemptTimeout;
  }

  @Override
  public void pause(SendCall call, Duration pause) throws InterruptedException {
    AtomicBoolean over = new AtomicBoolean();
    pausing.put(call, over);
    VirtualTime.Event end = time.schedule(() -> end(call, over), pause.toNanos());
    time.leave();
    try {
      call.pause(LONG);
    } finally {
      pausing.remove(call);
      end.cancel();
      if (over.compareAndSet(false, true)) {
        time.enter();
      }
    }
  }

  @Override
  public void wake(SendCall call) {
    AtomicBoolean over = pausing.get(call);
    if (over == null) {
      call.wake();
    } else {
      end(call, over);
    }
  }

  private void end(SendCall call, AtomicBoolean over) {
    if (over.compareAndSet(false, true)) {
      time.enter();
      call.wake();
    }
  }

  /** An attempt comes to its deadline only if it has left, in a server that hangs. */
  @Override
  public Future<?> schedule(Runnable task, Duration delay) {
    FutureTask<?> future = new FutureTask<>(task, null);
    VirtualTime.Event event =
        time.schedule(
            () -> {
              if (!future.isCancelled() && delay.equals(attemptTimeout)) {
                time.enter();
              }
              future.run();
            },
            delay.toNanos());
    return new Cancelling(future, event);
  }

  @Override
  public void close() {
    // nothing runs by itself
  }

  private static final class Cancelling extends FutureTask<Object> {
    private final Future<?> future;
    private final VirtualTime.Event event;

    Cancelling(Future<?> future, VirtualTime.Event event) {
      super(() -> null);
      this.future = future;
      this.event = event;
    }

    @Override
    public boolean cancel(boolean interrupt) {
      event.cancel();
      return future.cancel(false);
    }
  }
}
