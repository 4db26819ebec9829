package dev.logweir.kubernetes;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An API server that knows pods, their logs and exec by the sub-protocol v4.channel.k8s.io, written
 * against the protocols' texts (RFC 6455; the channels of Kubernetes) and with no code of the
 * module's. What an exec does is a script of the test's: it can do everything that a server, a
 * proxy or a network does, also what none should.
 */
final class FakeKubernetes implements AutoCloseable {
  static final int TEXT = 1;
  static final int BINARY = 2;
  static final int CLOSE = 8;
  static final int PING = 9;
  static final int PONG = 10;

  private final ServerSocket listener;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final Map<String, Answer> answers = new TreeMap<>();
  private final BlockingQueue<Script> scripts = new LinkedBlockingQueue<>();
  final List<Request> requests = new CopyOnWriteArrayList<>();
  final List<Throwable> failures = new CopyOnWriteArrayList<>();

  /** What an exec does. */
  interface Script {
    void run(Exec exec) throws Exception;
  }

  /** What a plain request is answered. */
  interface Answer {
    void run(Request request, Reply output) throws Exception;
  }

  record Request(String method, String path, List<String[]> query, Map<String, String> headers) {
    List<String> all(String name) {
      return query.stream().filter(one -> one[0].equals(name)).map(one -> one[1]).toList();
    }
  }

  FakeKubernetes() throws IOException {
    listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    start(
        () -> {
          while (!listener.isClosed()) {
            Socket socket = listener.accept();
            sockets.add(socket);
            start(
                () -> {
                  try (socket) {
                    serve(socket);
                  }
                });
          }
        });
  }

  String url() {
    return "http://127.0.0.1:" + listener.getLocalPort();
  }

  /** The next exec does this. */
  FakeKubernetes exec(Script script) {
    scripts.add(script);
    return this;
  }

  synchronized FakeKubernetes on(String path, Answer answer) {
    answers.put(path, answer);
    return this;
  }

  FakeKubernetes pod(String namespace, String name, String body) {
    return on(
        "/api/v1/namespaces/" + namespace + "/pods/" + name, (r, out) -> json(out, 200, body));
  }

  FakeKubernetes running(String namespace, String name) {
    return pod(namespace, name, pod(name, "Running", 0, "{\"running\":{}}"));
  }

  static String pod(String name, String phase, int restarts, String state) {
    return ("{'kind':'Pod','apiVersion':'v1','metadata':{'name':'%s','uid':'u-1'},"
            + "'spec':{'containers':[{'name':'main'}]},"
            + "'status':{'phase':'%s','containerStatuses':[{'name':'main','restartCount':%d,"
            + "'containerID':'c://%d','state':%s}]}}")
        .replace('\'', '"')
        .formatted(name, phase, restarts, restarts, state);
  }

  static void json(Reply out, int status, String body) throws IOException {
    head(out, status, "Content-Type: application/json", "Content-Length: " + utf8(body).length);
    out.write(utf8(body));
    out.end();
  }

  static void status(Reply out, int status, String reason) throws IOException {
    json(
        out,
        status,
        "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"reason\":\""
            + reason
            + "\",\"message\":\"no\",\"code\":"
            + status
            + "}");
  }

  static void head(OutputStream out, int status, String... headers) throws IOException {
    String connection = status == 101 ? "" : "Connection: close\r\n";
    out.write(
        utf8(
            "HTTP/1.1 "
                + status
                + " X\r\n"
                + connection
                + String.join("\r\n", headers)
                + "\r\n\r\n"));
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private interface Task {
    void run() throws Exception;
  }

  private void start(Task task) {
    Thread thread =
        new Thread(
            () -> {
              try {
                task.run();
              } catch (IOException ignored) {
                // the other side went, or the test is over
              } catch (Throwable e) {
                failures.add(e);
              }
            },
            "fake-kubernetes");
    thread.setDaemon(true);
    thread.start();
  }

  private void serve(Socket socket) throws Exception {
    socket.setSendBufferSize(32 << 10);
    socket.setTcpNoDelay(true);
    InputStream in = new BufferedInputStream(socket.getInputStream());
    Reply out = new Reply(socket.getOutputStream());
    // One request a connection: none is sent on one that is about to be closed.
    Request request = read(in);
    if (request != null) {
      requests.add(request);
      if (request.path.endsWith("/exec") && request.headers.containsKey("upgrade")) {
        exec(request, socket, in, out);
        return;
      }
      Answer answer;
      synchronized (this) {
        answer = answers.get(request.path);
      }
      if (answer == null) {
        status(out, 404, "NotFound");
      } else {
        answer.run(request, out);
      }
      if (out.whole) {
        // A server that is the first to close can cost a slow client what it has not taken.
        in.transferTo(OutputStream.nullOutputStream());
      }
    }
  }

  /** Where an answer is written to. */
  static final class Reply extends FilterOutputStream {
    private boolean whole;

    Reply(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      out.write(bytes, from, count);
    }

    /** Ends it: then it is the client that closes the connection. */
    void end() throws IOException {
      flush();
      whole = true;
    }
  }

  private static Request read(InputStream in) throws IOException {
    String first = line(in);
    if (first == null || first.isEmpty()) {
      return null;
    }
    String[] words = first.split(" ", -1);
    Map<String, String> headers = new TreeMap<>();
    for (String header = line(in); header != null && !header.isEmpty(); header = line(in)) {
      int colon = header.indexOf(':');
      headers.put(
          header.substring(0, colon).toLowerCase(Locale.ROOT), header.substring(colon + 1).strip());
    }
    int mark = words[1].indexOf('?');
    List<String[]> query = new ArrayList<>();
    if (mark >= 0) {
      for (String one : words[1].substring(mark + 1).split("&", -1)) {
        int is = one.indexOf('=');
        query.add(
            new String[] {
              one.substring(0, is), URLDecoder.decode(one.substring(is + 1), StandardCharsets.UTF_8)
            });
      }
    }
    return new Request(words[0], mark < 0 ? words[1] : words[1].substring(0, mark), query, headers);
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        return null;
      }
      if (b != '\r') {
        line.write(b);
      }
    }
    return line.toString(StandardCharsets.UTF_8);
  }

  private void exec(Request request, Socket socket, InputStream in, Reply out) throws Exception {
    Script script = scripts.poll();
    if (script == null) {
      failures.add(new AssertionError("an exec too many: " + request.all("command")));
      status(out, 500, "InternalError");
      return;
    }
    script.run(new Exec(request, socket, new DataInputStream(in), out));
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  /** One exec, on the server's side. */
  final class Exec {
    final Request request;
    final AtomicLong sent = new AtomicLong();

    /** Counted down when the client's close frame, or the end of its side, came. */
    final CountDownLatch clientClosed = new CountDownLatch(1);

    private final Semaphore pongs = new Semaphore(0);
    private final Socket socket;
    private final DataInputStream in;
    private final Reply out;

    Exec(Request request, Socket socket, DataInputStream in, Reply out) {
      this.request = request;
      this.socket = socket;
      this.in = in;
      this.out = out;
    }

    List<String> command() {
      return request.all("command");
    }

    void refuse(int status, String reason) throws IOException {
      FakeKubernetes.status(out, status, reason);
      socket.close();
    }

    /**
     * Upgrades, and waits until the client has taken it and so answers a ping. Where an end may
     * come right behind the upgrade some clients never say that they were upgraded, nor that they
     * were not.
     */
    Exec upgrade() throws Exception {
      String key = request.headers.get("sec-websocket-key");
      byte[] digest =
          MessageDigest.getInstance("SHA-1")
              .digest(utf8(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
      head(
          out,
          101,
          "Upgrade: websocket",
          "Connection: Upgrade",
          "Sec-WebSocket-Accept: " + Base64.getEncoder().encodeToString(digest),
          "Sec-WebSocket-Protocol: " + request.headers.get("sec-websocket-protocol"));
      out.flush();
      start(this::readFrames);
      frame(PING, new byte[0]);
      pongs.acquire();
      return this;
    }

    /** Reads what the client sends; answers no ping unless a test does. */
    private void readFrames() throws IOException {
      try {
        while (true) {
          int first = in.readUnsignedByte();
          int second = in.readUnsignedByte();
          long length = second & 0x7F;
          length = length == 126 ? in.readUnsignedShort() : length == 127 ? in.readLong() : length;
          in.skipNBytes(length + ((second & 0x80) == 0 ? 0 : 4));
          if ((first & 0xF) == CLOSE) {
            return;
          }
          if ((first & 0xF) == PONG) {
            pongs.release();
          }
        }
      } finally {
        clientClosed.countDown();
        pongs.release(); // there will be none
      }
    }

    Exec stdout(String text) throws IOException {
      return stdout(utf8(text));
    }

    Exec stdout(byte[] bytes) throws IOException {
      return channel(1, bytes);
    }

    Exec stderr(String text) throws IOException {
      return channel(2, utf8(text));
    }

    Exec channel(int channel, byte[] bytes) throws IOException {
      byte[] payload = new byte[bytes.length + 1];
      payload[0] = (byte) channel;
      System.arraycopy(bytes, 0, payload, 1, bytes.length);
      frame(BINARY, payload);
      sent.addAndGet(bytes.length);
      return this;
    }

    synchronized void frame(int opcode, byte[] payload) throws IOException {
      ByteArrayOutputStream frame = new ByteArrayOutputStream();
      frame.write(0x80 | opcode);
      if (payload.length < 126) {
        frame.write(payload.length);
      } else if (payload.length < 65_536) {
        frame.write(126);
        frame.write(payload.length >> 8);
        frame.write(payload.length);
      } else {
        frame.write(127);
        for (int shift = 56; shift >= 0; shift -= 8) {
          frame.write((int) ((long) payload.length >> shift));
        }
      }
      frame.writeBytes(payload);
      out.write(frame.toByteArray());
      out.flush();
    }

    Exec exit(int code) throws IOException {
      return status(
          code == 0
              ? "{'metadata':{},'status':'Success'}"
              : "{'metadata':{},'status':'Failure','reason':'NonZeroExitCode','message':'command"
                  + " terminated with non-zero exit code','details':{'causes':[{'reason':"
                  + "'ExitCode','message':'"
                  + code
                  + "'}]}}");
    }

    Exec status(String json) throws IOException {
      return channel(3, utf8(json.replace('\'', '"')));
    }

    /** Sends a close frame and waits for the client's. */
    void close(int code) throws Exception {
      frame(CLOSE, new byte[] {(byte) (code >> 8), (byte) code});
      clientClosed.await();
      socket.close();
    }

    /** Ends the connection as a proxy does that knows nothing of WebSockets. */
    void cut() throws IOException {
      socket.close();
    }

    /** Ends it as a network does that has lost the connection. */
    void reset() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }

    Exec raw(byte[] bytes) throws IOException {
      out.write(bytes);
      out.flush();
      return this;
    }

    /** Waits, with no answer, until the client ends the connection. */
    void clientGone() throws IOException {
      while (in.read() >= 0) {
        // what it says is of no matter
      }
    }

    void hang() throws InterruptedException {
      clientClosed.await();
    }

    /** Runs the command on this machine, as a kubelet does. */
    void runHere() throws Exception {
      Process process = new ProcessBuilder(command()).start();
      process.getOutputStream().close();
      upgrade();
      Thread errors =
          new Thread(
              () -> {
                try {
                  copy(process.getErrorStream(), 2);
                } catch (IOException ignored) {
                  // the client has gone
                }
              });
      errors.start();
      copy(process.getInputStream(), 1);
      errors.join();
      exit(process.waitFor()).close(1000);
    }

    private void copy(InputStream stream, int channel) throws IOException {
      byte[] buffer = new byte[32 << 10];
      for (int count = stream.read(buffer); count >= 0; count = stream.read(buffer)) {
        channel(channel, java.util.Arrays.copyOf(buffer, count));
      }
    }
  }
}
