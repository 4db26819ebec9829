package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * An OpsLevel API on loopback that takes the log and the outcome of the jobs it knows, checks each
 * request in every detail, and counts what arrives or writes it to a folder: one file a job, and
 * {@code outcomes.jsonl}.
 *
 * <p>Thread-safe. Its memory is bounded: a request is read while it arrives and staged in a file,
 * at most {@value #THREADS} are read at once, and of a stalled endpoint's connections the latest
 * {@value #MAX_HELD} stay open. Written for trials and tests; it shares no class with the library.
 */
final class EmbeddedEndpoint implements AutoCloseable {
  private static final String OUTCOMES_FILE = "outcomes.jsonl";
  private static final int THREADS = 32;
  private static final int MAX_HELD = 1024;
  private static final int MAX_PROBLEMS = 10;
  private static final Set<String> OUTCOMES =
      Set.of(
          "unstarted",
          "canceled",
          "failed",
          "success",
          "queue_timeout",
          "execution_timeout",
          "pod_timeout");

  static {
    // Head and body of an answer are two writes: with Nagle's algorithm the second waits for an
    // ACK.
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  private final Map<String, ReceivedLog> jobs = new ConcurrentHashMap<>();
  private final Queue<HttpExchange> held = new ConcurrentLinkedQueue<>();
  private final List<String> problems = new CopyOnWriteArrayList<>();
  private final AtomicLong requests = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();
  private final ReentrantLock outcomesLock = new ReentrantLock();
  private final String runnerId;
  private final String token;
  private final EndpointFaults faults;
  private final @Nullable Path folder;
  private final ScheduledThreadPoolExecutor threads;
  private final HttpServer server;
  private volatile Mode mode = Mode.WELL;

  /** How all requests are treated. */
  enum Mode {
    /** Taken, save for the faults made on purpose. */
    WELL,
    /** Neither read nor answered, ever. */
    HANGS,
    /** Answered with HTTP 500. */
    FAILS,
    /** Answered with HTTP 429 and {@code Retry-After: 2}. */
    BUSY
  }

  private EmbeddedEndpoint(
      String runnerId, String token, EndpointFaults faults, @Nullable Path folder)
      throws IOException {
    this.runnerId = runnerId;
    this.token = token;
    this.faults = faults;
    this.folder = folder;
    threads =
        new ScheduledThreadPoolExecutor(
            THREADS,
            task -> {
              Thread thread = new Thread(task, "endpoint");
              thread.setDaemon(true);
              return thread;
            });
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 256);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
  }

  /**
   * Starts one on a free port.
   *
   * @param folder where the logs go, made if it is not there; null for nowhere
   */
  static EmbeddedEndpoint start(
      String runnerId, String token, EndpointFaults faults, @Nullable Path folder)
      throws IOException {
    if (folder != null) {
      Files.createDirectories(folder);
      Files.deleteIfExists(folder.resolve(OUTCOMES_FILE));
    }
    EmbeddedEndpoint endpoint = new EmbeddedEndpoint(runnerId, token, faults, folder);
    endpoint.server.start();
    if (faults.stallAfter() != null) {
      if (faults.stallAfter().isZero()) {
        endpoint.mode(Mode.HANGS);
      } else {
        var unused =
            endpoint.threads.schedule(
                () -> endpoint.mode(Mode.HANGS),
                faults.stallAfter().toNanos(),
                TimeUnit.NANOSECONDS);
      }
    }
    return endpoint;
  }

  /** The address without a path, as a client's {@code apiUrl}. */
  URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** Makes a job known; its log goes to {@code job-NUMBER.log}. */
  void addJob(long number) throws IOException {
    Path file = folder == null ? null : folder.resolve("job-" + number + ".log");
    if (file != null) {
      Files.write(file, new byte[0]);
    }
    jobs.put(Ids.job(number), new ReceivedLog(number, file));
  }

  /** What was taken for a job that was added. */
  ReceivedLog.Sums received(long number) {
    ReceivedLog log = jobs.get(Ids.job(number));
    if (log == null) {
      throw new IllegalArgumentException("job must have been added: " + number);
    }
    return log.sums();
  }

  /** Bytes of all lines taken, with one for each line's end. */
  long receivedBytes() {
    return bytes.get();
  }

  /** From now on requests are treated so; those that hang go on hanging. */
  void mode(Mode next) {
    mode = next;
  }

  /** The first things that were wrong with a request; a fault made on purpose is none. */
  List<String> problems() {
    return List.copyOf(problems);
  }

  /** Stops at once and closes every connection. */
  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private void handle(HttpExchange exchange) throws IOException {
    Mode now = mode;
    if (now == Mode.HANGS) {
      hold(exchange);
      return;
    }
    if (now != Mode.WELL) {
      exchange.getRequestBody().transferTo(OutputStream.nullOutputStream());
      exchange.getResponseHeaders().set("Retry-After", "2");
      respond(exchange, ApiAnswer.failure(now == Mode.FAILS ? 500 : 429, "an outage on purpose"));
      return;
    }
    ApiAnswer answer;
    try {
      RequestHead.check(exchange, token);
      answer = take(exchange);
    } catch (RefusedException e) {
      note(e.reason());
      answer = ApiAnswer.failure(e.status(), e.reason());
    }
    if (faults.delay().isZero()) {
      respond(exchange, answer);
    } else {
      ApiAnswer late = answer;
      var unused =
          threads.schedule(
              () -> respond(exchange, late), faults.delay().toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  private void hold(HttpExchange exchange) {
    held.add(exchange);
    if (held.size() > MAX_HELD) {
      HttpExchange oldest = held.poll();
      if (oldest != null) {
        oldest.close();
      }
    }
  }

  private ApiAnswer take(HttpExchange exchange) throws IOException, RefusedException {
    try (ReceivedLog.Staged staged = ReceivedLog.Staged.in(folder)) {
      ReceivedMutation mutation = ReceivedMutation.read(exchange.getRequestBody(), staged.out());
      if (isToFail()) {
        return ApiAnswer.failure(500, "a failure on purpose");
      }
      String problem = mutation.problem();
      if (problem == null) {
        problem = takeValues(mutation, staged);
      }
      if (problem != null) {
        note(problem);
      }
      return ApiAnswer.payload(mutation.operation(), problem);
    }
  }

  private boolean isToFail() {
    long number = requests.incrementAndGet();
    return Math.floor(number * faults.failRate()) > Math.floor((number - 1) * faults.failRate());
  }

  private @Nullable String takeValues(ReceivedMutation mutation, ReceivedLog.Staged staged)
      throws IOException {
    if (!mutation.text("runnerId").equals(runnerId)) {
      return "runnerId: unknown: " + mutation.text("runnerId");
    }
    ReceivedLog job = jobs.get(mutation.text("runnerJobId"));
    if (job == null) {
      return "runnerJobId: unknown: " + mutation.text("runnerJobId");
    }
    if (mutation.operation().equals(ReceivedMutation.APPEND)) {
      if (!isUtc(mutation.text("sentAt"))) {
        return "sentAt: not ISO 8601 in UTC: " + mutation.text("sentAt");
      }
      String problem = job.append(mutation, staged);
      if (problem == null) {
        bytes.addAndGet(mutation.bytes());
      }
      return problem;
    }
    String outcome = mutation.text("outcome");
    if (!OUTCOMES.contains(outcome)) {
      return "outcome: unknown: " + outcome;
    }
    String problem = job.end(outcome);
    if (problem == null) {
      writeOutcome(job.number(), mutation);
    }
    return problem;
  }

  private static boolean isUtc(String text) {
    try {
      return text.endsWith("Z") && Instant.parse(text) != null;
    } catch (DateTimeParseException e) {
      return false;
    }
  }

  private void writeOutcome(long number, ReceivedMutation mutation) throws IOException {
    if (folder == null) {
      return;
    }
    String line =
        ApiAnswer.json(
            out -> {
              out.writeStartObject();
              out.writeNumberField("job", number);
              out.writeStringField("outcome", mutation.text("outcome"));
              out.writeObjectFieldStart("variables");
              for (Map.Entry<String, String> variable : mutation.variables().entrySet()) {
                out.writeStringField(variable.getKey(), variable.getValue());
              }
              out.writeEndObject();
              out.writeEndObject();
            });
    outcomesLock.lock();
    try {
      Files.writeString(
          folder.resolve(OUTCOMES_FILE),
          line + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } finally {
      outcomesLock.unlock();
    }
  }

  private void note(String problem) {
    if (problems.size() < MAX_PROBLEMS) {
      problems.add(problem);
    }
  }

  private static void respond(HttpExchange exchange, ApiAnswer answer) {
    byte[] body = answer.body().getBytes(UTF_8);
    try (exchange) {
      exchange.getResponseHeaders().set("Content-Type", "application/json; charset=utf-8");
      if (answer.status() == 405) {
        exchange.getResponseHeaders().set("Allow", "POST");
      }
      exchange.sendResponseHeaders(answer.status(), body.length);
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(body);
      }
    } catch (IOException ignored) {
      // The client has gone, and with it whoever could be told.
    }
  }
}
