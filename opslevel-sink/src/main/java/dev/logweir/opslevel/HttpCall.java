package dev.logweir.opslevel;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One attempt's hold on a connection, so that a deadline or a close can end the attempt at any of
 * its points. Thread-safe.
 *
 * <p>A cancellation closes the connection that is held at that moment; one that the attempt gets
 * afterwards is closed at once. So there is no moment between getting a connection and using it,
 * and a connection given back is never closed by a deadline that came too late.
 */
final class HttpCall {
  private static final Object CANCELLED = new Object();

  /** Null, the {@link HttpSocket} held, or {@link #CANCELLED}. */
  private final AtomicReference<@Nullable Object> held = new AtomicReference<>();

  /**
   * Takes hold of a connection.
   *
   * @throws CancelledException if the call was cancelled; the connection is closed
   */
  void attach(HttpSocket socket) throws CancelledException {
    if (!held.compareAndSet(null, socket)) {
      socket.close();
      throw new CancelledException();
    }
  }

  /** Returns whether the connection is still open as far as this call goes, and lets it go. */
  boolean detach(HttpSocket socket) {
    return held.compareAndSet(socket, null);
  }

  /** Ends the attempt. */
  void cancel() {
    if (held.getAndSet(CANCELLED) instanceof HttpSocket socket) {
      socket.close();
    }
  }

  boolean isCancelled() {
    return held.get() == CANCELLED;
  }

  void requireUncancelled() throws CancelledException {
    if (isCancelled()) {
      throw new CancelledException();
    }
  }

  /** The deadline has come, or the client was closed. */
  static final class CancelledException extends IOException {
    private static final long serialVersionUID = 1L;

    CancelledException() {
      super("the attempt was ended");
    }
  }
}
