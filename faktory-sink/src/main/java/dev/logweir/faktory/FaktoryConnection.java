package dev.logweir.faktory;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.sender.AttemptException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * One connection to a server, which takes commands one at a time. Made without connecting, so that
 * its borrower connects, under the deadline of the attempt.
 *
 * <p>Used by one thread at a time; {@link #abort} may be called from any.
 */
final class FaktoryConnection {
  static final int OUT_BUFFER_BYTES = 8 * 1024;

  private static final byte[] LINE_END = {'\r', '\n'};

  private final Dialer dialer;
  private long madeNanos = System.nanoTime();
  private volatile boolean aborted;
  private volatile @Nullable Wire wire;
  private @Nullable Streams streams;
  private boolean awaitsReply;
  private Phase phase = Phase.CONNECTING;

  FaktoryConnection(Dialer dialer) {
    this.dialer = dialer;
  }

  /** How far a connection has come. */
  enum Phase {
    CONNECTING,
    SECURING,
    GREETING,
    /** A command has begun and was not answered. */
    IN_COMMAND,
    READY
  }

  private record Streams(OutputStream out, ReplyReader in) {}

  /** Writes what follows the name of a command. */
  @FunctionalInterface
  interface Body {
    void writeTo(OutputStream out) throws IOException;
  }

  Phase phase() {
    return phase;
  }

  /** Whether it has been connected, be it usable or not. */
  boolean isOpened() {
    return streams != null;
  }

  long ageNanos() {
    return System.nanoTime() - madeNanos;
  }

  /** Whether a command can be sent, as far as is known without waiting. Only while idle. */
  boolean isUsable() {
    Wire its = wire;
    Streams open = streams;
    return its == null
        || (phase == Phase.READY && open != null && !open.in.hasMore() && its.isQuiet());
  }

  /**
   * Connects and says hello.
   *
   * @param deadlineNanos on {@link System#nanoTime}
   */
  void open(long deadlineNanos) throws IOException, AttemptException {
    Wire its = connect(deadlineNanos);
    InputStream in = its.in();
    OutputStream out = its.out();
    if (dialer.isTls()) {
      phase = Phase.SECURING;
      SSLSocket socket = dialer.secure(its);
      in = socket.getInputStream();
      out = socket.getOutputStream();
    }
    phase = Phase.GREETING;
    Streams open =
        new Streams(new BufferedOutputStream(out, OUT_BUFFER_BYTES), new ReplyReader(in));
    streams = open;
    byte[] hello = dialer.hello(open.in.read());
    write(open, "HELLO", body -> body.write(hello));
    Reply reply = open.in.read();
    if (reply.isOk() && open.in.hasMore()) {
      // A server that has too many connections says so when it has said hello.
      reply = read(open);
      if (reply.kind() != Reply.Kind.ERROR) {
        throw new ProtocolException("the server says more than it was asked");
      }
    }
    if (reply.kind() == Reply.Kind.ERROR) {
      throw ReplyError.ofHello(reply, dialer.server().password());
    }
    if (!reply.isOk()) {
      throw new ProtocolException("hello is not answered with OK");
    }
    phase = Phase.READY;
  }

  /** Tries the host's addresses in turn, each with an equal share of the time. */
  private Wire connect(long deadlineNanos) throws IOException {
    InetSocketAddress[] addresses = dialer.addresses();
    IOException failure = new IOException("the host has no address");
    for (int i = 0; i < addresses.length; i++) {
      Wire its = new Wire();
      wire = its;
      if (aborted) {
        its.close();
      }
      long now = System.nanoTime();
      its.setDeadline(now + (deadlineNanos - now) / (addresses.length - i));
      try {
        its.connect(addresses[i]);
        its.setDeadline(deadlineNanos);
        return its;
      } catch (IOException e) {
        its.close();
        failure = e;
        if (Thread.currentThread().isInterrupted() || aborted) {
          break;
        }
      }
    }
    throw failure;
  }

  void setDeadline(long deadlineNanos) {
    Wire its = wire;
    if (its != null) {
      its.setDeadline(deadlineNanos);
    }
  }

  /** Writes a command in full; its reply must be read next. */
  void write(String command, Body body) throws IOException {
    Streams open = opened();
    if (phase != Phase.READY) {
      throw new IllegalStateException("not ready: " + phase);
    }
    phase = Phase.IN_COMMAND;
    write(open, command, body);
    awaitsReply = true;
  }

  /** Whether a command was written in full and not answered. */
  boolean awaitsReply() {
    return awaitsReply;
  }

  /** Reads the reply to the command written last. */
  Reply read() throws IOException {
    Reply reply = read(opened());
    awaitsReply = false;
    phase = Phase.READY;
    return reply;
  }

  private static void write(Streams open, String command, Body body) throws IOException {
    open.out.write(command.getBytes(UTF_8));
    open.out.write(' ');
    body.writeTo(open.out);
    open.out.write(LINE_END);
    open.out.flush();
  }

  private static Reply read(Streams open) throws IOException {
    Reply reply = open.in.read();
    if (open.in.hasMore()) {
      throw new ProtocolException("the server says more than it was asked");
    }
    return reply;
  }

  private Streams opened() throws IOException {
    Streams open = streams;
    if (open == null) {
      throw new IOException("not connected");
    }
    return open;
  }

  /** Closes, and is from now on as one that has not been connected yet. */
  void renew() {
    end();
    Wire its = wire;
    if (its != null) {
      its.close();
    }
    wire = null;
    streams = null;
    awaitsReply = false;
    phase = Phase.CONNECTING;
    madeNanos = System.nanoTime();
  }

  /** Says END if the server listens, without waiting for it, and closes. */
  void close() {
    end();
    abort();
  }

  private void end() {
    Wire its = wire;
    Streams open = streams;
    if (its != null && open != null && phase == Phase.READY) {
      its.setDeadline(System.nanoTime());
      try {
        open.out.write("END".getBytes(UTF_8));
        open.out.write(LINE_END);
        open.out.flush();
      } catch (IOException ignored) {
        // the server sees the connection end
      }
    }
  }

  /** Closes at once; a call under way fails. */
  void abort() {
    aborted = true;
    Wire its = wire;
    if (its != null) {
      its.close();
    }
  }
}
