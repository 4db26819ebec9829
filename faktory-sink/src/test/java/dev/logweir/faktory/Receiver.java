package dev.logweir.faktory;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.testkit.Json;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** Takes jobs out of a server, as the receiving application does. Shares no class with the sink. */
final class Receiver implements AutoCloseable {
  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;

  Receiver(int port, String password) throws IOException {
    this(new Socket(InetAddress.getLoopbackAddress(), port), password);
  }

  Receiver(Socket socket, String password) throws IOException {
    this.socket = socket;
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(60_000);
    in = new BufferedInputStream(socket.getInputStream());
    out = socket.getOutputStream();
    String greeting = line();
    Map<String, Object> hi = Json.object(greeting.substring("+HI ".length()).getBytes(UTF_8));
    String hello =
        "{\"hostname\":\"test\",\"wid\":\"0123456789ab\",\"pid\":1,\"labels\":[],\"v\":2";
    if (hi.containsKey("s")) {
      hello +=
          ",\"pwdhash\":\"" + hash(password + hi.get("s"), ((Long) hi.get("i")).intValue()) + '"';
    }
    expectOk("HELLO " + hello + "}");
  }

  /** Takes and acknowledges all jobs that the queue has now. */
  List<ReceivedJob> takeAll(String queue) throws IOException {
    List<ReceivedJob> jobs = new ArrayList<>();
    for (long left = size(queue); left > 0; left--) {
      send("FETCH " + queue);
      ReceivedJob job = new ReceivedJob(Json.object(bulk()));
      jobs.add(job);
      expectOk("ACK {\"jid\":\"" + job.jid() + "\"}");
    }
    return jobs;
  }

  List<byte[]> takeLines() throws IOException {
    List<byte[]> lines = new ArrayList<>();
    takeAll("app").forEach(job -> lines.addAll(job.lines()));
    return lines;
  }

  /** What the server says of itself. */
  @SuppressWarnings("unchecked")
  Map<String, Object> info() throws IOException {
    send("INFO");
    return (Map<String, Object>) Json.object(bulk()).get("faktory");
  }

  @SuppressWarnings("unchecked")
  long size(String queue) throws IOException {
    Map<String, Object> queues = (Map<String, Object>) info().get("queues");
    return (Long) queues.getOrDefault(queue, 0L);
  }

  void flush() throws IOException {
    expectOk("FLUSH");
  }

  private void expectOk(String command) throws IOException {
    send(command);
    String reply = line();
    if (!reply.equals("+OK")) {
      throw new IOException(reply);
    }
  }

  private void send(String command) throws IOException {
    out.write((command + "\r\n").getBytes(UTF_8));
  }

  private byte[] bulk() throws IOException {
    String head = line();
    if (!head.startsWith("$") || head.equals("$-1")) {
      throw new IOException("no bulk: " + head);
    }
    byte[] bytes = in.readNBytes(Integer.parseInt(head.substring(1)));
    line();
    return bytes;
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException();
      }
      line.append((char) b);
    }
    line.setLength(line.length() - 1);
    return line.toString();
  }

  static String hash(String salted, int iterations) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      byte[] hash = salted.getBytes(UTF_8);
      for (int i = 0; i < iterations; i++) {
        hash = sha256.digest(hash);
      }
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
