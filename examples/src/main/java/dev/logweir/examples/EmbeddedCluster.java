package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URLDecoder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A Kubernetes API server on loopback for trials: it knows pods that run at once, or never, and
 * runs commands in them on this machine, with the pod's environment. Thread-safe.
 */
final class EmbeddedCluster implements AutoCloseable {
  private static final String ACCEPT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final Pattern NAME =
      Pattern.compile("\"metadata\":\\{[^{}]*\"name\":\"([^\"]+)\"");
  private static final Pattern VARIABLE =
      Pattern.compile("\\{\"name\":\"(\\w+)\",\"value\":\"((?:[^\"\\\\]|\\\\.)*)\"}");

  private final ServerSocket listener;
  private final @Nullable Long severAfter;
  private final boolean neverReady;
  private final Map<String, String> pods = new ConcurrentHashMap<>();
  private final Set<Process> processes = ConcurrentHashMap.newKeySet();

  private record Request(
      String method, String path, Map<String, List<String>> query, Map<String, String> headers) {}

  private EmbeddedCluster(@Nullable Long severAfter, boolean neverReady) throws IOException {
    this.severAfter = severAfter;
    this.neverReady = neverReady;
    listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  }

  /**
   * Starts one.
   *
   * @param severAfter after so many bytes of standard output each exec's connection is cut
   * @param neverReady whether pods stay pending
   */
  static EmbeddedCluster start(@Nullable Long severAfter, boolean neverReady) throws IOException {
    EmbeddedCluster cluster = new EmbeddedCluster(severAfter, neverReady);
    thread(cluster::accept);
    return cluster;
  }

  String url() {
    return "http://127.0.0.1:" + listener.getLocalPort();
  }

  private static Thread thread(Runnable task) {
    Thread thread = new Thread(task, "embedded-cluster");
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
        thread(() -> serve(socket));
      } catch (IOException ignored) {
        // closed
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      InputStream in = new BufferedInputStream(socket.getInputStream());
      OutputStream out = socket.getOutputStream();
      Request request = read(in);
      if (request.path().endsWith("/exec")) {
        exec(request, new DataInputStream(in), out);
        return;
      }
      int length = Integer.parseInt(request.headers().getOrDefault("content-length", "0"));
      String body = new String(in.readNBytes(length), UTF_8);
      String name = request.path().substring(request.path().lastIndexOf('/') + 1);
      String known =
          switch (request.method()) {
            case "POST" -> create(body);
            case "DELETE" -> pods.remove(name);
            default -> pods.get(name);
          };
      respond(out, known);
    } catch (IOException ignored) {
      // the other side has gone
    }
  }

  private @Nullable String create(String body) {
    Matcher name = NAME.matcher(body);
    if (!name.find()) {
      return null;
    }
    String phase = neverReady ? "Pending" : "Running";
    String pod =
        body.replaceFirst("\"status\":\\{[^{}]*},?", "").replaceFirst("}\\s*$", "")
            + ",\"status\":{\"phase\":\""
            + phase
            + "\"}}";
    pods.put(name.group(1), pod);
    return pod;
  }

  private static void respond(OutputStream out, @Nullable String pod) throws IOException {
    String body =
        pod == null
            ? "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"code\":404}"
            : pod;
    byte[] bytes = body.getBytes(UTF_8);
    head(
        out,
        pod == null ? "404 Not Found" : "200 OK",
        "Content-Type: application/json",
        "Connection: close",
        "Content-Length: " + bytes.length);
    out.write(bytes);
    out.flush();
  }

  private static void head(OutputStream out, String status, String... headers) throws IOException {
    String text = "HTTP/1.1 " + status + "\r\n" + String.join("\r\n", headers) + "\r\n\r\n";
    out.write(text.getBytes(UTF_8));
  }

  private static Request read(InputStream in) throws IOException {
    List<String> words = Arrays.asList(line(in).split(" ", 3));
    Map<String, String> headers = new ConcurrentHashMap<>();
    for (String header = line(in); !header.isEmpty(); header = line(in)) {
      int colon = header.indexOf(':');
      headers.put(
          header.substring(0, colon).toLowerCase(Locale.ROOT), header.substring(colon + 1).strip());
    }
    if (words.size() < 2) {
      throw new IOException("no request");
    }
    String target = words.get(1);
    int mark = target.indexOf('?');
    Map<String, List<String>> query = new ConcurrentHashMap<>();
    if (mark >= 0) {
      for (String one : target.substring(mark + 1).split("&", -1)) {
        int is = one.indexOf('=');
        query
            .computeIfAbsent(one.substring(0, is), name -> new ArrayList<>())
            .add(URLDecoder.decode(one.substring(is + 1), UTF_8));
      }
    }
    String path = mark < 0 ? target : target.substring(0, mark);
    return new Request(words.get(0), path, query, headers);
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new IOException("ended");
      }
      if (b != '\r') {
        line.write(b);
      }
    }
    return line.toString(UTF_8);
  }

  // ---- exec ----

  private void exec(Request request, DataInputStream in, OutputStream out) throws IOException {
    String[] path = request.path().split("/", -1);
    String pod = pods.get(path[path.length - 2]);
    if (pod == null) {
      respond(out, null);
      return;
    }
    head(
        out,
        "101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Protocol: " + request.headers().get("sec-websocket-protocol"),
        "Sec-WebSocket-Accept: " + accept(request.headers().getOrDefault("sec-websocket-key", "")));
    out.flush();
    ProcessBuilder builder =
        new ProcessBuilder(new ArrayList<>(request.query().getOrDefault("command", List.of())));
    Matcher variable = VARIABLE.matcher(pod);
    while (variable.find()) {
      builder.environment().put(variable.group(1), variable.group(2).replaceAll("\\\\(.)", "$1"));
    }
    Process process = builder.start();
    processes.add(process);
    try {
      process.getOutputStream().close();
      Frames frames = new Frames(out);
      Thread errors = thread(() -> frames.copyQuietly(process.getErrorStream(), 2));
      if (frames.copy(process.getInputStream(), 1, severAfter)) {
        errors.join();
        frames.send(3, status(process.waitFor()).getBytes(UTF_8));
        frames.close();
        in.readAllBytes(); // the other side's close
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      processes.remove(process);
    }
  }

  private static String accept(String key) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-1").digest((key + ACCEPT).getBytes(UTF_8));
      return Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has it", e);
    }
  }

  private static String status(int code) {
    return code == 0
        ? "{\"status\":\"Success\"}"
        : "{\"status\":\"Failure\",\"reason\":\"NonZeroExitCode\",\"details\":{\"causes\":"
            + "[{\"reason\":\"ExitCode\",\"message\":\""
            + code
            + "\"}]}}";
  }

  /** The frames that go to the client, each whole. */
  private static final class Frames {
    private final OutputStream out;
    private final ReentrantLock lock = new ReentrantLock();

    Frames(OutputStream out) {
      this.out = out;
    }

    /** Copies a stream to its end, or until so many bytes; returns whether to its end. */
    boolean copy(InputStream stream, int channel, @Nullable Long limit) throws IOException {
      byte[] buffer = new byte[16 << 10];
      long left = limit == null ? Long.MAX_VALUE : limit;
      while (left > 0) {
        int count = stream.read(buffer, 0, (int) Math.min(buffer.length, left));
        if (count < 0) {
          return true;
        }
        send(channel, Arrays.copyOf(buffer, count));
        left -= count;
      }
      return false;
    }

    void copyQuietly(InputStream stream, int channel) {
      try {
        copy(stream, channel, null);
      } catch (IOException ignored) {
        // the other side has gone
      }
    }

    void send(int channel, byte[] bytes) throws IOException {
      byte[] payload = new byte[bytes.length + 1];
      payload[0] = (byte) channel;
      System.arraycopy(bytes, 0, payload, 1, bytes.length);
      write(2, payload);
    }

    void close() throws IOException {
      write(8, new byte[] {(byte) (1000 >> 8), (byte) 1000});
    }

    private void write(int opcode, byte[] payload) throws IOException {
      ByteArrayOutputStream frame = new ByteArrayOutputStream();
      frame.write(0x80 | opcode);
      if (payload.length < 126) {
        frame.write(payload.length);
      } else {
        frame.write(126);
        frame.write(payload.length >> 8);
        frame.write(payload.length);
      }
      frame.writeBytes(payload);
      lock.lock();
      try {
        out.write(frame.toByteArray());
        out.flush();
      } finally {
        lock.unlock();
      }
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    processes.forEach(Process::destroyForcibly);
  }
}
