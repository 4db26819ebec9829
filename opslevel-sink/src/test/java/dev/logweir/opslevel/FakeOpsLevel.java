package dev.logweir.opslevel;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.testkit.Json;
import dev.logweir.testkit.LoopbackServer;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The endpoint as the wire's description has it, on loopback, byte by byte on a socket: it refuses
 * whatever is not exactly that, and can be told to misbehave in any way. Shares no class with the
 * sink.
 */
final class FakeOpsLevel implements AutoCloseable {
  static final String TOKEN = "XXX_t0ken-of-the-test_XXX";
  static final String RUNNER = "Z2lkOi8vb3BzbGV2ZWwvUnVubmVycy84";
  static final String JOB = "Z2lkOi8vb3BzbGV2ZWwvUnVubmVyczo6Sm9iUnVuLzIyNQ";
  static final String ACCEPTED = "{\"data\":{\"runnerAppendJobLog\":{\"errors\":[]}}}";
  static final String OUTCOME_ACCEPTED = "{\"data\":{\"runnerReportJobOutcome\":{\"errors\":[]}}}";

  private static final String APPEND =
      "mutation RunnerAppendJobLog($input:RunnerAppendJobLogInput!)"
          + "{runnerAppendJobLog(input: $input){errors{message,path}}}";
  private static final String REPORT =
      "mutation RunnerReportJobOutcome($input:RunnerReportJobOutcomeInput!)"
          + "{runnerReportJobOutcome(input: $input){errors{message,path}}}";
  private static final Set<String> OUTCOMES =
      Set.of(
          "unstarted",
          "canceled",
          "failed",
          "success",
          "queue_timeout",
          "execution_timeout",
          "pod_timeout");

  private final String scheme;
  private final LoopbackServer server;
  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<Script> scripts = new ArrayDeque<>();
  private final Queue<Script> greetings = new ConcurrentLinkedQueue<>();
  private volatile Script otherwise = Call::accept;

  /** Requests read in full and found right, in order. */
  final List<Request> requests = new CopyOnWriteArrayList<>();

  /** What was not as described. */
  final List<String> complaints = new CopyOnWriteArrayList<>();

  /** One entry for each connection that came to its end. */
  final LinkedBlockingQueue<Socket> ended = new LinkedBlockingQueue<>();

  FakeOpsLevel() throws IOException {
    this(LoopbackServer.listen());
  }

  FakeOpsLevel(ServerSocket listener) {
    this("http", listener);
  }

  FakeOpsLevel(String scheme, ServerSocket listener) {
    this.scheme = scheme;
    server = new LoopbackServer("fake-opslevel", listener);
    server.start(this::serve);
  }

  /** How a request is treated. */
  @FunctionalInterface
  interface Script {
    void run(Call call) throws IOException;
  }

  /** What a request said. */
  record Request(
      Map<String, String> headers, Map<String, Object> input, List<byte[]> lines, String body) {}

  /**
   * Treats the next requests so, one after another; those after them as set by {@link #otherwise}.
   */
  FakeOpsLevel then(Script... next) {
    lock.lock();
    try {
      scripts.addAll(List.of(next));
    } finally {
      lock.unlock();
    }
    return this;
  }

  /** Treats the next connections so, before a byte of theirs is read, one after another. */
  FakeOpsLevel onConnection(Script... next) {
    greetings.addAll(List.of(next));
    return this;
  }

  FakeOpsLevel otherwise(Script script) {
    otherwise = script;
    return this;
  }

  static Script status(int status, String... headers) {
    return call -> {
      call.read();
      call.respond(status, "{\"error\":\"no\"}", headers);
    };
  }

  static Script answer(String body) {
    return call -> {
      call.read();
      call.respond(200, body);
    };
  }

  String url() {
    return scheme + "://127.0.0.1:" + server.port();
  }

  int port() {
    return server.port();
  }

  int connections() {
    return server.connections();
  }

  OpsLevelClient.Builder client() {
    OpsLevelClient.Builder builder =
        OpsLevelClient.builder().apiUrl(url()).token(TOKEN).runnerId(RUNNER);
    builder.lookTime = Duration.ofMillis(20);
    return builder;
  }

  List<byte[]> lines() {
    List<byte[]> all = new ArrayList<>();
    requests.forEach(request -> all.addAll(request.lines()));
    return all;
  }

  @Override
  public void close() throws IOException {
    server.close();
    if (!complaints.isEmpty()) {
      throw new AssertionError("the endpoint complains: " + complaints);
    }
  }

  /** Refuses connections from here on. */
  void refuseConnections() throws IOException {
    server.refuse();
  }

  private Script next() {
    lock.lock();
    try {
      return scripts.isEmpty() ? otherwise : scripts.remove();
    } finally {
      lock.unlock();
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      socket.setTcpNoDelay(true);
      InputStream in = new BufferedInputStream(socket.getInputStream());
      Script greeting = greetings.poll();
      if (greeting != null) {
        greeting.run(new Call(socket, in));
      }
      while (!socket.isClosed()) {
        in.mark(1);
        if (in.read() < 0) {
          return;
        }
        in.reset();
        next().run(new Call(socket, in));
      }
    } catch (IOException ignored) {
      // the client is gone
    } catch (RuntimeException | AssertionError e) {
      complaints.add(e.toString());
    } finally {
      ended.add(socket);
    }
  }

  /** A request being treated. */
  final class Call {
    final Socket socket;
    final OutputStream out;
    private final InputStream in;
    private final Map<String, String> headers = new LinkedHashMap<>();
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();

    private Call(Socket socket, InputStream in) throws IOException {
      this.socket = socket;
      this.in = in;
      out = socket.getOutputStream();
    }

    void accept() throws IOException {
      Request request = read();
      boolean log = request.input().containsKey("logChunk");
      respond(200, log ? ACCEPTED : OUTCOME_ACCEPTED);
    }

    /** Reads the head. */
    void readHead() throws IOException {
      require(line().equals("POST /graphql HTTP/1.1"), "request line");
      for (String line = line(); !line.isEmpty(); line = line()) {
        int colon = line.indexOf(": ");
        require(colon > 0, "header " + line);
        require(
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 2))
                == null,
            "header twice " + line);
      }
      require(("Bearer " + TOKEN).equals(headers.get("authorization")), "authorization");
      require("application/json".equals(headers.get("content-type")), "content-type");
      require("internal".equals(headers.get("graphql-visibility")), "graphql-visibility");
      require(("127.0.0.1:" + port()).equals(headers.get("host")), "host");
      require(headers.get("user-agent").startsWith("logweir"), "user-agent");
      require("identity".equals(headers.get("accept-encoding")), "accept-encoding");
      Set<String> others = new LinkedHashSet<>(headers.keySet());
      others.removeAll(
          Set.of(
              "authorization",
              "content-type",
              "graphql-visibility",
              "host",
              "user-agent",
              "content-length",
              "accept",
              "accept-encoding"));
      require(others.isEmpty(), "headers " + others);
    }

    int contentLength() {
      return Integer.parseInt(headers.get("content-length"));
    }

    /** Reads some bytes of the body. */
    byte[] readBytes(int count) throws IOException {
      byte[] bytes = in.readNBytes(count);
      if (bytes.length < count) {
        throw new EOFException();
      }
      return bytes;
    }

    /** Reads head and body and checks both. */
    Request read() throws IOException {
      readHead();
      Request request = readBody();
      requests.add(request);
      return request;
    }

    /** Reads on in the body, and keeps it for {@link #kept}. */
    void keep(int count) throws IOException {
      kept.write(readBytes(Math.min(count, contentLength() - kept.size())));
    }

    /** Reads the body to its end. */
    void keepRest() throws IOException {
      keep(contentLength());
    }

    /** Checks the body that was read piece by piece. */
    Request kept() throws IOException {
      return parse(kept.toByteArray());
    }

    /** Reads the body, the head being read, and checks it. */
    Request readBody() throws IOException {
      byte[] body = readBytes(contentLength());
      // A body longer than it says would be found here.
      require(in.available() == 0, "more than content-length");
      return parse(body);
    }

    void respond(int status, String body, String... more) throws IOException {
      head(status, body.getBytes(UTF_8).length, more);
      out.write(body.getBytes(UTF_8));
      out.flush();
    }

    void head(int status, int length, String... more) throws IOException {
      StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " Whatever\r\n");
      head.append("Content-Type: application/json\r\nContent-Length: ")
          .append(length)
          .append("\r\n");
      for (String header : more) {
        head.append(header).append("\r\n");
      }
      out.write(head.append("\r\n").toString().getBytes(ISO_8859_1));
      out.flush();
    }

    /** Waits until the client is gone. */
    void awaitEnd() throws IOException {
      while (in.read() >= 0) {
        // goes on
      }
    }

    /** Reads on until the client is gone and returns how much that was. */
    long bytesToTheEnd() {
      long bytes = 0;
      try {
        while (in.read() >= 0) {
          bytes++;
        }
      } catch (IOException reset) {
        // an end like any other
      }
      return bytes;
    }

    void reset() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }

    private String line() throws IOException {
      StringBuilder line = new StringBuilder();
      for (int b = in.read(); b != '\n'; b = in.read()) {
        if (b < 0) {
          throw new EOFException();
        }
        line.append((char) b);
      }
      require(line.length() > 0 && line.charAt(line.length() - 1) == '\r', "line end");
      line.setLength(line.length() - 1);
      return line.toString();
    }

    private Request parse(byte[] body) throws IOException {
      Map<?, ?> root = (Map<?, ?>) Json.parse(body);
      require(root.keySet().equals(Set.of("query", "variables", "operationName")), "fields");
      Map<?, ?> variables = (Map<?, ?>) root.get("variables");
      require(variables.keySet().equals(Set.of("input")), "variables");
      Map<String, Object> input = new LinkedHashMap<>();
      ((Map<?, ?>) variables.get("input")).forEach((key, value) -> input.put((String) key, value));
      require(input.get("runnerId").equals(RUNNER), "runnerId");
      require(input.get("runnerJobId").equals(JOB), "runnerJobId");
      List<byte[]> lines = new ArrayList<>();
      if (root.get("operationName").equals("RunnerAppendJobLog")) {
        require(root.get("query").equals(APPEND), "query");
        require(
            input.keySet().equals(Set.of("runnerId", "runnerJobId", "sentAt", "logChunk")),
            "input");
        require(((String) input.get("sentAt")).endsWith("Z"), "sentAt");
        require(Instant.parse((String) input.get("sentAt")) != null, "sentAt");
        for (Object line : (List<?>) input.get("logChunk")) {
          require(((String) line).length() % 4 == 0, "padding");
          lines.add(Base64.getDecoder().decode((String) line));
        }
      } else {
        require(root.get("operationName").equals("RunnerReportJobOutcome"), "operationName");
        require(root.get("query").equals(REPORT), "query");
        Set<String> fields = new LinkedHashSet<>(input.keySet());
        if (fields.remove("outcomeVariables")) {
          List<?> given = (List<?>) input.get("outcomeVariables");
          require(!given.isEmpty(), "empty outcomeVariables");
          given.forEach(
              variable ->
                  require(
                      ((Map<?, ?>) variable).keySet().equals(Set.of("key", "value")), "variable"));
        }
        require(fields.equals(Set.of("runnerId", "runnerJobId", "outcome")), "input");
        require(OUTCOMES.contains(input.get("outcome")), "outcome");
      }
      return new Request(headers, input, lines, new String(body, UTF_8));
    }

    private void require(boolean right, String what) {
      if (!right) {
        throw new AssertionError("wrong " + what);
      }
    }
  }
}
