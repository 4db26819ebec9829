package dev.logweir.kubernetes;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.http.WebSocket;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of an exec: takes frames from a WebSocket, and gives them to the readers of two
 * streams, one frame at a time.
 *
 * <p>A frame has its channel in its first byte: 1 standard output, 2 standard error, 3 the status.
 * The next frame is requested when the reader has taken the last one, so that a reader that waits
 * slows the server down: nothing is read from the socket, its window closes.
 */
final class ExecStream implements WebSocket.Listener {
  /*
   * Three parties: the thread of the WebSocket brings frames and the end, two readers take them,
   * and the caller of run may end it. The lock guards all that changes. It is held for no
   * call of the WebSocket.
   *
   * If a client has a thread for each WebSocket, onMessage blocks it. OkHttp is of that kind: it
   * gives up a WebSocket whose next frame is not requested within 30 s. For all others the next
   * frame is not requested, as they share their threads.
   */

  private static final int STDOUT = 1;
  private static final int STDERR = 2;
  private static final int STATUS = 3;

  /** A status is a few hundred bytes. */
  private static final int MAX_STATUS_BYTES = 64 << 10;

  /** Without a listener. */
  static final Events QUIET =
      new Events() {
        @Override
        public void statusCame() {}

        @Override
        public void ended() {}
      };

  private final KubernetesSerialization json;
  private final boolean holdsThread;
  private final Events events;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Source stdout = new Source(true);
  private final Source stderr = new Source(false);

  @GuardedBy("lock")
  private @Nullable WebSocket socket;

  @GuardedBy("lock")
  private @Nullable ExecStatus status;

  /** Why no more frames come; null as long as they may. */
  @GuardedBy("lock")
  private @Nullable ExecEnd end;

  @GuardedBy("lock")
  private boolean asked = true;

  @GuardedBy("lock")
  private long frames;

  /** Events of a stream, called with no lock held. */
  interface Events {
    /** A status came: no more than the last bytes are to follow. */
    void statusCame();

    /** No more frames come. */
    void ended();
  }

  /**
   * Makes a stream that has not been opened.
   *
   * @param holdsThread whether the thread of the WebSocket may be held
   */
  ExecStream(KubernetesSerialization json, boolean holdsThread, Events events) {
    this.json = json;
    this.holdsThread = holdsThread;
    this.events = events;
  }

  InputStream stdout() {
    return stdout;
  }

  InputStream stderr() {
    return stderr;
  }

  /**
   * From now on a stream that ends without a status is read to its end if this says so, when all of
   * the standard output has been read; it fails otherwise.
   */
  void provenBy(BooleanSupplier proof) {
    stdout.proof = proof;
  }

  // ---- the WebSocket's side ----

  @Override
  public void onOpen(WebSocket webSocket) {
    boolean late;
    lock.lock();
    try {
      socket = webSocket;
      late = end != null;
    } finally {
      lock.unlock();
    }
    if (late) {
      webSocket.sendClose(1000, "");
    }
  }

  @Override
  public void onMessage(WebSocket webSocket, String text) {
    onMessage(webSocket, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Override
  public void onMessage(WebSocket webSocket, ByteBuffer frame) {
    boolean taken = true;
    if (frame.remaining() > 1) {
      byte channel = frame.get();
      switch (channel) {
        case STDOUT -> taken = put(stdout, frame);
        case STDERR -> taken = put(stderr, frame);
        case STATUS -> status(frame);
        default -> {}
      }
    }
    if (taken) {
      webSocket.request();
    }
  }

  /** Returns whether the next frame may be asked for now. */
  @SuppressWarnings("GuardedBy") // the lock of a source is this one
  private boolean put(Source source, ByteBuffer frame) {
    lock.lock();
    try {
      frames++;
      if (end != null || source.closed) {
        return true;
      }
      source.frame = frame;
      asked = false;
      changed.signalAll(); // the reader
      if (!holdsThread) {
        return false;
      }
      while (source.frame != null && end == null) {
        changed.awaitUninterruptibly();
      }
      asked = true;
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void status(ByteBuffer frame) {
    ExecStatus parsed = null;
    if (frame.remaining() <= MAX_STATUS_BYTES) {
      try {
        String text = StandardCharsets.UTF_8.decode(frame).toString();
        parsed = ExecStatus.of(json.unmarshal(text, Status.class));
      } catch (RuntimeException ignored) {
        // as if none had come: the end is not known
      }
    }
    lock.lock();
    try {
      frames++;
      if (status == null) {
        status = parsed;
        changed.signalAll(); // who discards
      }
    } finally {
      lock.unlock();
    }
    events.statusCame();
  }

  @Override
  public void onClose(WebSocket webSocket, int code, @Nullable String reason) {
    end(new ExecEnd(PodExecResult.Cause.CLOSED, "closed by the server (" + code + ")"));
    // Not its own code, which may be none (1005), or one that a client may not send.
    webSocket.sendClose(1000, "");
  }

  @Override
  public void onError(WebSocket webSocket, Throwable error) {
    end(
        new ExecEnd(
            PodExecResult.Cause.FAILED, "the connection failed: " + error.getClass().getName()));
  }

  // ---- the side of the caller that ran the command ----

  /** Ends both streams; the first end stays. Closes the WebSocket. */
  void close(ExecEnd because) {
    WebSocket open;
    lock.lock();
    try {
      open = socket;
    } finally {
      lock.unlock();
    }
    end(because);
    if (open != null) {
      open.sendClose(1000, "");
      open.request();
    }
  }

  private void end(ExecEnd because) {
    lock.lock();
    try {
      if (end != null) {
        return;
      }
      end = because;
      changed.signalAll(); // both readers, and the thread that is held
    } finally {
      lock.unlock();
    }
    events.ended();
  }

  /** Takes what comes and throws it away, until a status or the end; returns whether it came. */
  @SuppressWarnings("GuardedBy") // the lock of a source is this one
  boolean discard(long timeoutNanos) throws InterruptedException {
    long left = timeoutNanos;
    lock.lockInterruptibly();
    try {
      while (status == null && end == null && left > 0) {
        WebSocket ask = asked || holdsThread ? null : socket;
        boolean held = stdout.frame != null || stderr.frame != null;
        stdout.frame = null;
        stderr.frame = null;
        asked = true;
        changed.signalAll();
        if (held && ask != null) {
          lock.unlock();
          try {
            ask.request();
          } finally {
            lock.lock();
          }
        } else {
          left = changed.awaitNanos(left);
        }
      }
      return status != null;
    } finally {
      lock.unlock();
    }
  }

  @Nullable ExecEnd end() {
    lock.lock();
    try {
      return end;
    } finally {
      lock.unlock();
    }
  }

  @Nullable ExecStatus status() {
    lock.lock();
    try {
      return status;
    } finally {
      lock.unlock();
    }
  }

  /** Returns how many frames came, to see whether any did since. */
  long frames() {
    lock.lock();
    try {
      return frames;
    } finally {
      lock.unlock();
    }
  }

  /** Whether a frame that came waits for its reader, so that silence is the reader's. */
  @SuppressWarnings("GuardedBy") // the lock of a source is this one
  boolean isHeld() {
    lock.lock();
    try {
      return stdout.frame != null || stderr.frame != null;
    } finally {
      lock.unlock();
    }
  }

  /** One of the two streams, for one reader. */
  private final class Source extends InputStream {
    private final boolean first;

    /** Set before its reader begins. */
    private BooleanSupplier proof = () -> false;

    @GuardedBy("lock")
    private @Nullable ByteBuffer frame;

    /** Whether its reader has come back for more, and so has passed on all that it read. */
    @GuardedBy("lock")
    private boolean atEnd;

    @GuardedBy("lock")
    private boolean failed;

    /** Whether its reader has gone: what comes is thrown away. */
    @GuardedBy("lock")
    private boolean closed;

    Source(boolean first) {
      this.first = first;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      Objects.checkFromIndexSize(offset, length, bytes.length);
      if (length == 0) {
        return 0;
      }
      WebSocket ask = null;
      int count;
      lock.lock();
      try {
        while (frame == null && end == null && !closed) {
          changed.await();
        }
        if (closed) {
          throw new IOException("closed");
        }
        ByteBuffer source = frame;
        if (source == null) {
          return endOfStream();
        }
        count = Math.min(length, source.remaining());
        source.get(bytes, offset, count);
        if (!source.hasRemaining()) {
          frame = null;
          ask = asked || holdsThread ? null : socket;
          asked = true;
          changed.signalAll(); // the thread that is held
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted while reading from a pod");
      } finally {
        lock.unlock();
      }
      if (ask != null) {
        ask.request();
      }
      return count;
    }

    /**
     * Its reader reads no more. The other one need not wait for it to tell whether the end is
     * proven: it is not, as bytes are lost.
     */
    @Override
    public void close() {
      WebSocket ask = null;
      lock.lock();
      try {
        closed = true;
        if (frame != null) {
          frame = null;
          ask = asked || holdsThread ? null : socket;
          asked = true;
        }
        if (!atEnd) {
          atEnd = true;
          failed = true;
        }
        changed.signalAll(); // the thread that is held, and the other reader
      } finally {
        lock.unlock();
      }
      if (ask != null) {
        ask.request();
      }
    }

    /**
     * Both streams end alike, when all of the standard output has been passed on: only then it is
     * known whether something in it proves the end.
     */
    @GuardedBy("lock")
    @SuppressWarnings("GuardedBy") // the other source has the same lock
    private int endOfStream() throws IOException, InterruptedException {
      if (first && !atEnd) {
        boolean proven = status != null && status.exitCode().isPresent();
        lock.unlock();
        try {
          proven |= proof.getAsBoolean();
        } finally {
          lock.lock();
        }
        atEnd = true;
        failed = !proven;
        changed.signalAll(); // the other reader
      }
      while (!stdout.atEnd) {
        changed.await();
      }
      if (stdout.failed) {
        throw new SeveredException(Objects.requireNonNull(end).text());
      }
      return -1;
    }
  }
}
