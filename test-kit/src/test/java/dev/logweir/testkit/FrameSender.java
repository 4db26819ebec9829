package dev.logweir.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.BatchSender;
import dev.logweir.LineReader;
import dev.logweir.LogBatch;
import dev.logweir.SendCall;
import dev.logweir.SendException;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLContext;

/**
 * A sender for a small protocol: the number of lines, then each line behind its length; the server
 * answers {@code OK} and a line end. It does all that is asked of a sender, but for a flaw.
 */
final class FrameSender implements BatchSender {
  static final String TOKEN = "s3cr3t-t0ken";
  private static final int MAX_BATCH_BYTES = 16 << 20;
  private static final long LATE_NANOS = TimeUnit.MILLISECONDS.toNanos(1_200);
  private static final int TRIES = 3;

  /** What is wrong with it. */
  enum Flaw {
    NONE,
    RETURNS_BEFORE_THE_ANSWER,
    LOSES_EMPTY_LINES,
    SWAPS_LINES,
    DECODES_LINES,
    IGNORES_INTERRUPTS,
    HEEDS_INTERRUPTS_LATE,
    WAITS_DEAF_FOR_ITS_TURN,
    TAKES_AN_EARLY_ANSWER,
    TAKES_AN_OLD_ANSWER,
    TAKES_AN_INTERIM_ANSWER,
    KEEPS_BATCHES,
    LEAVES_A_THREAD,
    LEAVES_ITS_CONNECTION,
    TELLS_ITS_TOKEN,
    NEVER_SAYS_WRITTEN,
    ALWAYS_SAYS_WRITTEN,
    SAYS_DELIVERED_WITHOUT_AN_ANSWER,
    STATES_TOO_LITTLE,
    READS_THE_BATCH_LATER,
    TAKES_ANY_ANSWER,
    LOCKS_ITS_SIZE,
    TRIES_ONCE
  }

  private final InetSocketAddress server;
  private final Flaw flaw;
  private final SSLContext tls;

  /** One call at a time of the senders of a client. */
  private final Semaphore turn;

  private final ReentrantLock sizeLock = new ReentrantLock();
  private final List<byte[]> kept = new ArrayList<>();
  private volatile boolean closed;
  private SocketChannel channel;
  private InputStream in;
  private OutputStream out;

  /**
   * Creates a sender.
   *
   * @param tls null for none
   */
  FrameSender(InetSocketAddress server, Flaw flaw, SSLContext tls, Semaphore turn) {
    this.server = server;
    this.flaw = flaw;
    this.tls = tls;
    this.turn = turn;
  }

  @Override
  public int maxBatchBytes() {
    return MAX_BATCH_BYTES;
  }

  @Override
  public long encodedBytes(int lineBytes) {
    if (flaw == Flaw.LOCKS_ITS_SIZE) {
      sizeLock.lock();
      try {
        return lineBytes + 11L;
      } finally {
        sizeLock.unlock();
      }
    }
    return lineBytes + (flaw == Flaw.STATES_TOO_LITTLE ? 0 : 11L);
  }

  @Override
  public void send(List<String> lines) throws Exception {
    if (flaw == Flaw.WAITS_DEAF_FOR_ITS_TURN) {
      turn.acquireUninterruptibly();
    } else {
      turn.acquire();
    }
    if (flaw == Flaw.LOCKS_ITS_SIZE) {
      sizeLock.lock();
    }
    try {
      trySend(lines);
    } finally {
      if (flaw == Flaw.LOCKS_ITS_SIZE) {
        sizeLock.unlock();
      }
      turn.release();
    }
  }

  private void trySend(List<String> lines) throws Exception {
    SendCall call = LogBatch.of(lines).call();
    for (int tries = 1; ; tries++) {
      try {
        attempt(lines, call);
        return;
      } catch (IOException e) {
        disconnect();
        if (Thread.interrupted() && flaw != Flaw.IGNORES_INTERRUPTS) {
          long begun = System.nanoTime();
          while (flaw == Flaw.HEEDS_INTERRUPTS_LATE && System.nanoTime() - begun < LATE_NANOS) {
            LockSupport.parkNanos(LATE_NANOS);
          }
          throw new InterruptedException("interrupted");
        }
        if (closed) {
          throw failure(e, lines.size());
        }
        if (flaw != Flaw.IGNORES_INTERRUPTS
            && (tries == (flaw == Flaw.TRIES_ONCE ? 1 : TRIES) || call.isWritten())) {
          throw failure(e, lines.size());
        }
      }
    }
  }

  private SendException failure(IOException e, int lines) {
    String message = flaw == Flaw.TELLS_ITS_TOKEN ? "failed with " + TOKEN : "failed";
    if (flaw == Flaw.SAYS_DELIVERED_WITHOUT_AN_ANSWER) {
      BitSet undelivered = new BitSet();
      undelivered.set(1, lines);
      return new SendException(SendException.Kind.FAILED, message, e, undelivered);
    }
    return SendException.failed(message, e);
  }

  private void attempt(List<String> lines, SendCall call) throws IOException {
    if (flaw == Flaw.ALWAYS_SAYS_WRITTEN) {
      call.written();
    }
    boolean looks = flaw != Flaw.TAKES_AN_OLD_ANSWER && flaw != Flaw.TRIES_ONCE;
    if (channel != null && looks && hasEndedOrSpoken()) {
      disconnect();
    }
    if (channel == null) {
      connect();
      if (flaw == Flaw.LEAVES_A_THREAD) {
        Thread thread =
            new Thread(() -> LockSupport.parkNanos(TimeUnit.MINUTES.toNanos(1)), "left");
        thread.setDaemon(true);
        thread.start();
      }
    }
    byte[] head = (lines.size() + "\n").getBytes(UTF_8);
    byte[] answer = new byte[3];
    try {
      write(head);
      write(frames(lines));
    } catch (IOException e) {
      if (flaw == Flaw.TAKES_AN_EARLY_ANSWER && in.read() == 'O') {
        return;
      }
      throw e;
    }
    if (flaw == Flaw.RETURNS_BEFORE_THE_ANSWER) {
      return;
    }
    if (flaw != Flaw.NEVER_SAYS_WRITTEN) {
      call.written();
    }
    if (flaw == Flaw.READS_THE_BATCH_LATER) {
      Thread later =
          new Thread(
              () -> {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
                int size = lines.size();
                if (size > 0) {
                  lines.get(0);
                }
              });
      later.setDaemon(true);
      later.start();
    }
    int read;
    do {
      read = in.readNBytes(answer, 0, answer.length);
    } while (isInterim(answer) && flaw != Flaw.TAKES_AN_INTERIM_ANSWER);
    if (isInterim(answer)) {
      return;
    }
    if (flaw == Flaw.TAKES_ANY_ANSWER && read > 0) {
      return;
    }
    if (read < answer.length || !new String(answer, UTF_8).equals("OK\n")) {
      throw new EOFException("no answer");
    }
    call.answered();
  }

  private byte[] frames(List<String> lines) throws IOException {
    ByteArrayOutputStream frames = new ByteArrayOutputStream();
    if (flaw == Flaw.SWAPS_LINES || flaw == Flaw.DECODES_LINES || flaw == Flaw.LOSES_EMPTY_LINES) {
      List<String> changed = new ArrayList<>(lines);
      if (flaw == Flaw.SWAPS_LINES) {
        Collections.reverse(changed);
      }
      for (String line : changed) {
        frame(
            frames,
            (flaw == Flaw.LOSES_EMPTY_LINES && line.isEmpty() ? " " : line).getBytes(UTF_8));
      }
      return frames.toByteArray();
    }
    LineReader reader = LogBatch.of(lines).reader();
    while (reader.next()) {
      byte[] line = new byte[reader.length()];
      int at = 0;
      while (at < line.length) {
        at += reader.read(line, at, line.length - at);
      }
      if (flaw == Flaw.KEEPS_BATCHES) {
        kept.add(line);
      }
      frame(frames, line);
      // Written in pieces, so that the sender holds little.
      if (frames.size() > 16_384) {
        write(frames.toByteArray());
        frames.reset();
      }
    }
    return frames.toByteArray();
  }

  private static void frame(ByteArrayOutputStream frames, byte[] line) {
    frames.writeBytes((line.length + "\n").getBytes(UTF_8));
    frames.writeBytes(line);
  }

  private void write(byte[] bytes) throws IOException {
    out.write(bytes);
  }

  private void connect() throws IOException {
    channel = SocketChannel.open(server);
    // The streams of a channel's socket end on an interrupt, and TLS stands on them.
    Socket socket = channel.socket();
    if (tls != null) {
      socket = tls.getSocketFactory().createSocket(socket, "127.0.0.1", server.getPort(), true);
    }
    in = socket.getInputStream();
    out = socket.getOutputStream();
  }

  /** Whether the server has closed the idle connection, or said what nobody asked for. */
  private boolean hasEndedOrSpoken() throws IOException {
    channel.configureBlocking(false);
    try {
      return channel.read(ByteBuffer.allocate(1)) != 0;
    } finally {
      channel.configureBlocking(true);
    }
  }

  /** The server says so that it is still at work. */
  private static boolean isInterim(byte[] answer) {
    return answer[0] == '.';
  }

  private void disconnect() throws IOException {
    if (channel != null) {
      channel.close();
      channel = null;
    }
  }

  @Override
  public void close() throws IOException {
    closed = true;
    if (flaw != Flaw.LEAVES_ITS_CONNECTION) {
      disconnect();
    }
  }

  /** Reads a delivery, on the side of the server; null if there is none. */
  static List<byte[]> receive(Connection connection) throws IOException {
    String count = connection.readLine();
    if (count == null) {
      return null;
    }
    List<byte[]> lines = new ArrayList<>();
    for (int left = Integer.parseInt(count); left > 0; left--) {
      lines.add(connection.read(Integer.parseInt(connection.readLine())));
    }
    return lines;
  }
}
