package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.logweir.faktory.FaktoryUrl;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigInteger;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/** The receiving end of Faktory's protocol, as small as it can be. Used by one thread. */
final class FaktoryWorker implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 10_000;
  private static final int MAX_JOB_BYTES = 64 << 20;
  private static final long BEAT_NANOS = TimeUnit.SECONDS.toNanos(15);
  private static final Pattern SALT =
      Pattern.compile("\\{\"v\":\\d+,\"i\":(\\d{1,6}),\"s\":\"(\\w+)\"}");

  private final String id = new BigInteger(64, new SecureRandom()).toString(36);
  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;
  private long lastBeat = System.nanoTime();
  private boolean terminated;

  private FaktoryWorker(Socket socket) throws IOException {
    this.socket = socket;
    in = new BufferedInputStream(socket.getInputStream());
    out = socket.getOutputStream();
  }

  /** Connects to a server. */
  static FaktoryWorker connect(FaktoryUrl url) throws IOException {
    String host = url.host().replaceAll("[\\[\\]]", "");
    Socket socket = new Socket();
    try {
      socket.connect(new InetSocketAddress(host, url.port()), TIMEOUT_MILLIS);
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(TIMEOUT_MILLIS);
      FaktoryWorker worker =
          new FaktoryWorker(url.tls() ? secure(socket, host, url.port()) : socket);
      worker.greet(url.password());
      return worker;
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  private static Socket secure(Socket socket, String host, int port) throws IOException {
    SSLSocket secured =
        (SSLSocket)
            ((SSLSocketFactory) SSLSocketFactory.getDefault())
                .createSocket(socket, host, port, true);
    SSLParameters parameters = secured.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    secured.setSSLParameters(parameters);
    return secured;
  }

  private void greet(String password) throws IOException {
    String greeting = line();
    if (!greeting.startsWith("+HI ")) {
      throw new IOException("not a Faktory server");
    }
    Matcher salt = SALT.matcher(greeting.substring("+HI ".length()));
    String proof =
        salt.matches()
            ? ",\"pwdhash\":\""
                + hash(password + salt.group(2), Integer.parseInt(salt.group(1)))
                + '"'
            : "";
    expectOk(
        "HELLO {\"hostname\":\"example\",\"wid\":\""
            + id
            + "\",\"pid\":"
            + ProcessHandle.current().pid()
            + ",\"labels\":[\"logweir\"],\"v\":2"
            + proof
            + "}");
  }

  private static String hash(String salted, int iterations) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      byte[] hash = salted.getBytes(UTF_8);
      for (int i = 0; i < iterations; i++) {
        hash = sha256.digest(hash);
      }
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has it", e);
    }
  }

  /** Takes a job; null if none came within the two seconds that the server waits for one. */
  @Nullable FaktoryJob fetch(String queue) throws IOException {
    if (System.nanoTime() - lastBeat > BEAT_NANOS) {
      beat();
    }
    if (terminated) {
      return null;
    }
    send("FETCH " + queue);
    String head = line();
    return head.equals("$-1") ? null : FaktoryJob.parse(bulk(head));
  }

  private byte[] bulk(String head) throws IOException {
    if (!head.matches("\\$\\d{1,9}")) {
      throw new IOException("the server says: " + head);
    }
    int length = Integer.parseInt(head.substring(1));
    if (length > MAX_JOB_BYTES) {
      throw new IOException("a job must be of at most " + MAX_JOB_BYTES + " bytes: " + length);
    }
    byte[] bytes = in.readNBytes(length);
    if (!line().isEmpty()) {
      throw new IOException("a bulk does not end where its length says");
    }
    return bytes;
  }

  /** Tells the server that this one lives, and learns what it shall do. */
  void beat() throws IOException {
    lastBeat = System.nanoTime();
    send("BEAT {\"wid\":\"" + id + "\"}");
    String head = line();
    if (!head.equals("+OK")) {
      // To one that shall be quiet the server gives no jobs, until it is told to end.
      terminated = new String(bulk(head), UTF_8).contains("\"terminate\"");
    }
  }

  /** Whether the server wants this one to end. */
  boolean isTerminated() {
    return terminated;
  }

  /** Tells the server that a job is done. */
  void acknowledge(String jid) throws IOException {
    expectOk("ACK {\"jid\":" + quoted(jid) + "}");
  }

  /** Gives a job back to the server, which has it tried again later. */
  void fail(String jid, String reason) throws IOException {
    expectOk(
        "FAIL {\"jid\":"
            + quoted(jid)
            + ",\"errtype\":\"Refused\",\"message\":"
            + quoted(reason)
            + ",\"backtrace\":[]}");
  }

  private static String quoted(String text) {
    return '"' + String.valueOf(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
  }

  /** Pushes a job, ready in JSON. */
  void push(byte[] job) throws IOException {
    byte[] line = new byte[job.length + 7];
    System.arraycopy("PUSH ".getBytes(UTF_8), 0, line, 0, 5);
    System.arraycopy(job, 0, line, 5, job.length);
    line[line.length - 2] = '\r';
    line[line.length - 1] = '\n';
    out.write(line);
    expectOk();
  }

  /** Has the server forget all its jobs. */
  void flush() throws IOException {
    expectOk("FLUSH");
  }

  private void expectOk(String command) throws IOException {
    send(command);
    expectOk();
  }

  private void expectOk() throws IOException {
    String reply = line();
    if (!reply.equals("+OK")) {
      throw new IOException("the server says: " + reply);
    }
  }

  private void send(String command) throws IOException {
    out.write((command + "\r\n").getBytes(UTF_8));
    out.flush();
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("the server has closed the connection");
      }
      line.append((char) b);
    }
    line.setLength(Math.max(0, line.length() - 1));
    return line.toString();
  }

  @Override
  public void close() throws IOException {
    try (socket) {
      send("END");
    }
  }
}
