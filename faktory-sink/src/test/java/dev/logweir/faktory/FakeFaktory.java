package dev.logweir.faktory;

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
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A server as the protocol's description has it, within this process: it refuses a job that is not
 * exactly as described, and can be told to misbehave in any way. Trusted only for what the real one
 * does too.
 */
final class FakeFaktory implements TestServer {
  private static final Set<String> OUTCOMES =
      Set.of(
          "unstarted",
          "canceled",
          "failed",
          "success",
          "queue_timeout",
          "execution_timeout",
          "pod_timeout");

  /** The name of its threads. */
  static final String THREADS = "fake-faktory";

  /** What clients have said on connecting. */
  final List<Map<String, Object>> hellos = new CopyOnWriteArrayList<>();

  private final LoopbackServer server;
  private final boolean tls;
  private final String password;
  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<Script> greetings = new ArrayDeque<>();
  private final ArrayDeque<Script> pushes = new ArrayDeque<>();
  private final Map<String, ArrayDeque<String>> queues = new LinkedHashMap<>();
  private final AtomicLong commands = new AtomicLong();

  /** Whether it knows batches. */
  volatile boolean enterprise;

  /** Treats commands about batches; answers whether it did. */
  volatile BatchScript onBatch = (call, command) -> false;

  /** Each push read in full and found right, in order, refused or not. */
  final List<ReceivedJob> pushed = new CopyOnWriteArrayList<>();

  /** The bytes of each, with command and line end. */
  final List<Integer> sizes = new CopyOnWriteArrayList<>();

  /** The commands about batches, in order. */
  final List<String> batches = new CopyOnWriteArrayList<>();

  /** What was not as described. */
  final List<String> complaints = new CopyOnWriteArrayList<>();

  /** One entry for each connection that came to its end, with the last command. */
  final LinkedBlockingQueue<String> ended = new LinkedBlockingQueue<>();

  FakeFaktory() throws IOException {
    this("");
  }

  FakeFaktory(String password) throws IOException {
    this(password, LoopbackServer.listen(), false);
  }

  FakeFaktory(String password, ServerSocket listener, boolean tls) {
    this.password = password;
    this.tls = tls;
    server = new LoopbackServer(THREADS, listener);
    server.start(this::serve);
  }

  /** How something is treated. */
  @FunctionalInterface
  interface Script {
    void run(Call call) throws IOException;
  }

  /** How a command about a batch is treated. */
  @FunctionalInterface
  interface BatchScript {
    boolean run(Call call, String command) throws IOException;
  }

  /** Treats the next connections so, instead of greeting them. */
  FakeFaktory greet(Script... next) {
    return add(greetings, next);
  }

  /** Treats the next pushes so, one after another, instead of accepting them. */
  FakeFaktory then(Script... next) {
    return add(pushes, next);
  }

  private FakeFaktory add(ArrayDeque<Script> scripts, Script... next) {
    lock.lock();
    try {
      scripts.addAll(List.of(next));
    } finally {
      lock.unlock();
    }
    return this;
  }

  /** Takes a job and says this instead of OK. */
  static Script say(String reply) {
    return call -> {
      call.readJob();
      call.send(reply);
    };
  }

  @Override
  public int port() {
    return server.port();
  }

  @Override
  public String url() {
    return (tls ? "tcp+tls" : "tcp") + "://127.0.0.1:" + port();
  }

  @Override
  public String password() {
    return password;
  }

  int connections() {
    return server.connections();
  }

  List<byte[]> lines() {
    List<byte[]> all = new ArrayList<>();
    pushed.forEach(job -> all.addAll(job.lines()));
    return all;
  }

  @Override
  public void close() throws IOException {
    server.close();
    if (!complaints.isEmpty()) {
      throw new AssertionError("the server complains: " + complaints);
    }
  }

  private Script next(ArrayDeque<Script> scripts, Script otherwise) {
    lock.lock();
    try {
      return scripts.isEmpty() ? otherwise : scripts.remove();
    } finally {
      lock.unlock();
    }
  }

  private void serve(Socket socket) {
    String last = "";
    try (socket) {
      socket.setTcpNoDelay(true);
      Call call = new Call(socket);
      next(greetings, Call::greet).run(call);
      while (!socket.isClosed()) {
        call.command = call.line();
        commands.incrementAndGet();
        last = call.command.split(" ", 2)[0];
        if (last.equals("END")) {
          return;
        }
        call.carryOut(last);
      }
    } catch (IOException ignored) {
      // the client is gone
    } catch (RuntimeException | AssertionError e) {
      complaints.add(e.toString());
    } finally {
      ended.add(last);
    }
  }

  /** A command being treated. */
  final class Call {
    final Socket socket;
    final OutputStream out;
    private final InputStream in;
    private String command = "";

    private Call(Socket socket) throws IOException {
      this.socket = socket;
      in = new BufferedInputStream(socket.getInputStream());
      out = socket.getOutputStream();
    }

    void send(String line) throws IOException {
      out.write((line + "\r\n").getBytes(UTF_8));
    }

    void greet() throws IOException {
      send(password.isEmpty() ? "+HI {\"v\":2}" : "+HI {\"v\":2,\"i\":5123,\"s\":\"5a17\"}");
      hello();
    }

    /** Reads a hello and answers it, the greeting being said. */
    void hello() throws IOException {
      String line = line();
      require(line.startsWith("HELLO {"), "hello");
      Map<String, Object> hello = Json.object(line.substring("HELLO ".length()).getBytes(UTF_8));
      require(hello.get("hostname") instanceof String, "hostname");
      hellos.add(hello);
      require(hello.get("labels") instanceof List, "labels");
      require(Long.valueOf(2).equals(hello.get("v")), "v");
      require((Long) hello.get("pid") > 0, "pid");
      if (!password.isEmpty()
          && !Receiver.hash(password + "5a17", 5123).equals(hello.get("pwdhash"))) {
        send("-ERR Invalid password");
        socket.close();
        return;
      }
      send("+OK");
    }

    private void carryOut(String verb) throws IOException {
      switch (verb) {
        case "PUSH" -> next(pushes, Call::accept).run(this);
        case "BATCH" -> batch();
        case "FETCH" -> fetch();
        case "ACK" -> send("+OK");
        case "INFO" -> info();
        case "FLUSH" -> {
          lock.lock();
          try {
            queues.clear();
          } finally {
            lock.unlock();
          }
          send("+OK");
        }
        default -> send("-ERR unknown command " + verb);
      }
    }

    void accept() throws IOException {
      enqueue(readJob());
      send("+OK");
    }

    void enqueue(ReceivedJob job) {
      lock.lock();
      try {
        queues
            .computeIfAbsent((String) job.fields().get("queue"), name -> new ArrayDeque<>())
            .add(command.substring("PUSH ".length()));
      } finally {
        lock.unlock();
      }
    }

    /** Checks the job of this push. */
    ReceivedJob readJob() throws IOException {
      String text = command.substring("PUSH ".length());
      Map<String, Object> fields = Json.object(text.getBytes(ISO_8859_1));
      Set<String> others = new TreeSet<>(fields.keySet());
      others.removeAll(
          Set.of(
              "jid", "jobtype", "queue", "retry", "created_at", "args", "custom", "reserve_for"));
      require(others.isEmpty(), "fields " + others);
      require(((String) fields.get("jid")).matches("[A-Za-z0-9_-]{16}"), "jid");
      require(Long.valueOf(25).equals(fields.get("retry")), "retry");
      require(((String) fields.get("created_at")).endsWith("Z"), "created_at");
      require(Instant.parse((String) fields.get("created_at")) != null, "created_at");
      ReceivedJob job = new ReceivedJob(fields);
      Map<String, Object> input = job.input();
      require("faktory".equals(input.get("runnerId")), "runnerId");
      require(input.get("runnerJobId") instanceof String, "runnerJobId");
      switch (job.type()) {
        case "Runners::Faktory::AppendJobLog" -> {
          require(
              input.keySet().equals(Set.of("runnerId", "runnerJobId", "sentAt", "logChunk")),
              "input");
          require(Instant.parse((String) input.get("sentAt")) != null, "sentAt");
          for (Object line : (List<?>) input.get("logChunk")) {
            require(((String) line).length() % 4 == 0, "padding");
            Base64.getDecoder().decode((String) line);
          }
        }
        case "Runners::Faktory::ReportJobOutcome" ->
            require(OUTCOMES.contains(input.get("outcome")), "outcome");
        default -> throw new AssertionError("wrong jobtype " + job.type());
      }
      pushed.add(job);
      sizes.add(command.length() + 2);
      return job;
    }

    private void batch() throws IOException {
      batches.add(command);
      if (onBatch.run(this, command)) {
        return;
      }
      if (!enterprise) {
        send("-ERR batch subsystem is only available in Faktory Enterprise");
      } else if (command.startsWith("BATCH OPEN ")) {
        send("+" + command.substring("BATCH OPEN ".length()));
      } else {
        send("+OK");
      }
    }

    private void fetch() throws IOException {
      String job;
      lock.lock();
      try {
        ArrayDeque<String> queue = queues.get(command.substring("FETCH ".length()));
        job = queue == null ? null : queue.poll();
      } finally {
        lock.unlock();
      }
      if (job == null) {
        send("$-1");
        return;
      }
      byte[] bytes = job.getBytes(ISO_8859_1);
      send("$" + bytes.length);
      out.write(bytes);
      send("");
    }

    private void info() throws IOException {
      StringBuilder sizesByName = new StringBuilder();
      long total = 0;
      lock.lock();
      try {
        for (Map.Entry<String, ArrayDeque<String>> queue : queues.entrySet()) {
          sizesByName
              .append(sizesByName.length() == 0 ? "" : ",")
              .append("\"%s\":%d".formatted(queue.getKey(), queue.getValue().size()));
          total += queue.getValue().size();
        }
      } finally {
        lock.unlock();
      }
      String text =
          "{\"faktory\":{\"total_enqueued\":%d,\"queues\":{%s}},\"server\":{\"command_count\":%d}}"
              .formatted(total, sizesByName, commands.get());
      send("$" + text.length());
      send(text);
    }

    /** Waits until the client is gone. */
    void awaitEnd() throws IOException {
      while (in.read() >= 0) {
        // goes on
      }
    }

    void reset() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }

    private String line() throws IOException {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      for (int b = in.read(); b != '\n'; b = in.read()) {
        if (b < 0) {
          throw new EOFException();
        }
        line.write(b);
      }
      byte[] bytes = line.toByteArray();
      require(bytes.length > 0 && bytes[bytes.length - 1] == '\r', "line end");
      return new String(bytes, 0, bytes.length - 1, ISO_8859_1);
    }

    private void require(boolean right, String what) {
      if (!right) {
        throw new AssertionError("wrong " + what);
      }
    }
  }
}
