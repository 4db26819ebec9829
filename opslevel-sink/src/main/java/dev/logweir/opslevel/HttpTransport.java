package dev.logweir.opslevel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.ForeignText;
import dev.logweir.sender.ServerWords;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * Carries out single attempts over HTTP/1.1, each under a hard deadline that covers connecting,
 * writing, and the head and the body of the answer. Thread-safe.
 *
 * <p>A call blocks its thread in a {@link HttpSocket}, so that an interruption closes the
 * connection and ends the call at once. The deadline does the same from the one thread of the
 * timer, which ends when it has been idle.
 */
final class HttpTransport implements AutoCloseable {
  /** What is read of an answer with an error, for its words. */
  private static final int MAX_TEXT_BYTES = 1024;

  private static final Duration MAX_IDLE = Duration.ofSeconds(30);
  private static final Pattern KEPT_SECONDS = Pattern.compile("(?i)\\btimeout=(\\d{1,6})\\b");

  private final byte[] requestHead;
  private final String token;
  private final Clock clock;
  private final OpsLevelMetrics metrics;
  private final Duration patience;
  private final Duration lookTime;
  private final HttpDialer dialer;
  private final HttpConnections connections;
  private final DeadlineTimer timer;
  private final Set<HttpCall> calls = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean sweepDue = new AtomicBoolean();
  private volatile boolean closed;

  /**
   * Whether the last connection that was written to was lost without an answer. What stands before
   * a server that is away may take connections all the same, and end them at once: a request
   * written to such a one may seem to have been taken, which cannot be checked.
   */
  private volatile boolean lost;

  /** Whether the API has ever answered: then a 404 is not for want of an endpoint. */
  private volatile boolean apiAnswered;

  HttpTransport(OpsLevelClient.Builder settings, @Nullable HttpProxy proxy, String token) {
    this.token = token;
    clock = settings.clock;
    metrics = settings.metrics;
    patience = settings.socketPatience;
    lookTime = settings.lookTime;
    dialer = new HttpDialer(settings.apiUrl, proxy, settings.sslContext, settings.connectTimeout);
    connections = new HttpConnections(settings.maxConnections);
    requestHead = requestHead(settings, proxy).getBytes(US_ASCII);
    timer = settings.timers.get();
  }

  /** Returns the head up to the length of the body. */
  private String requestHead(OpsLevelClient.Builder settings, @Nullable HttpProxy proxy) {
    ApiUrl server = settings.apiUrl;
    String path = server.endpointPath();
    // Within a tunnel the proxy sees nothing of the head; without one it is asked for the whole
    // URL.
    HttpProxy asked = server.isEncrypted() ? null : proxy;
    return "POST "
        + (asked == null ? path : server.scheme() + "://" + server.authority() + path)
        + " HTTP/1.1\r\nHost: "
        + server.authority()
        + "\r\nUser-Agent: "
        + settings.userAgent()
        + "\r\nAuthorization: Bearer "
        + token
        + "\r\nAccept: application/json\r\nAccept-Encoding: identity\r\n"
        + "Content-Type: application/json\r\nGraphQL-Visibility: internal\r\n"
        + (asked == null ? "" : asked.header())
        + "Content-Length: ";
  }

  /** Writes a body; may be asked again. */
  @FunctionalInterface
  interface Body {
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * Sends a body and reads the answer.
   *
   * @param body writes {@code length} bytes; may be asked again
   * @throws ApiException if the server did not accept it within the limit
   * @throws InterruptedException if the thread was interrupted; the connection is closed
   */
  void exchange(Body body, long length, Duration limit, Mutation mutation, String jobId)
      throws ApiException, InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException("interrupted before sending");
    }
    HttpCall call = new HttpCall();
    Progress progress = new Progress();
    calls.add(call);
    Future<?> deadline = null;
    try {
      deadline = startDeadline(call, progress, limit);
      HttpConnection connection = connections.lease(call, limit.plus(patience), dialer::dial);
      boolean reusable = false;
      try {
        requireOpen(connection, limit);
        progress.beginsWriting();
        AnswerReader reader = new AnswerReader(connection);
        IOException unwritten = write(connection, reader, body, length);
        if (unwritten == null) {
          progress.hasWritten();
        }
        AnswerHead answer = readHead(reader, unwritten);
        lost = false;
        progress.hasAnswer();
        AnswerReader.Body content = reader.body(answer);
        try {
          check(answer, content, unwritten == null, mutation, jobId);
        } finally {
          reusable =
              unwritten == null && answer.isPersistent() && content.isAtEnd() && !reader.hasMore();
          connection.beginsIdle(System.nanoTime(), maxIdleNanos(answer));
        }
      } finally {
        boolean held = call.detach(connection.wire());
        connections.giveBack(connection, reusable && held);
      }
    } catch (IOException e) {
      throw failure(e, progress, limit);
    } finally {
      if (deadline != null) {
        deadline.cancel(false);
      }
      calls.remove(call);
      sweepLater();
    }
  }

  /** Looks, once one was lost, whether a new connection stays open when nothing is written. */
  private void requireOpen(HttpConnection connection, Duration limit) throws IOException {
    if (lost && !connection.wasUsed()) {
      long millis = Math.min(lookTime.toMillis(), limit.toMillis());
      if (!connection.staysOpen(millis)) {
        throw new ConnectException("it was ended before anything was asked");
      }
    }
  }

  private Future<?> startDeadline(HttpCall call, Progress progress, Duration limit)
      throws ApiException {
    // Closed after this look, it finds the call among the others.
    if (closed) {
      throw ApiException.ofClosed(null);
    }
    try {
      return timer.schedule(
          () -> {
            progress.overdue();
            end(call);
          },
          limit);
    } catch (RejectedExecutionException e) {
      throw ApiException.ofClosed(e);
    }
  }

  private void end(HttpCall call) {
    call.cancel();
    connections.wake();
  }

  /** Returns why not all was written: the answer came early, or the connection broke. */
  private @Nullable IOException write(
      HttpConnection connection, AnswerReader reader, Body body, long length) {
    try {
      RequestOutput out = new RequestOutput(connection, reader, metrics);
      out.write(requestHead);
      out.write((length + "\r\n\r\n").getBytes(US_ASCII));
      out.writeBody(body);
      return null;
    } catch (IOException e) {
      return e;
    }
  }

  /** An answer that has come is read also where the request could not be written on. */
  private static AnswerHead readHead(AnswerReader reader, @Nullable IOException unwritten)
      throws IOException {
    try {
      return reader.readHead();
    } catch (HttpFormatException | javax.net.ssl.SSLException e) {
      throw e;
    } catch (IOException e) {
      throw unwritten == null ? e : unwritten;
    }
  }

  private void check(
      AnswerHead head, AnswerReader.Body content, boolean written, Mutation mutation, String jobId)
      throws ApiException, IOException {
    int status = head.status();
    if (status > 299) {
      throw failure(head, content);
    }
    if (!written) {
      throw Answer.malformed("it came before the request was written");
    }
    try {
      Answer.check(decoded(head, content), mutation, jobId, token);
      apiAnswered = true;
    } catch (ZipException | EOFException e) {
      throw Answer.malformed("no gzip");
    } catch (ApiException e) {
      if (e.result().isAnswered()) {
        apiAnswered = true;
      }
      throw e;
    }
    try {
      // Behind what was decoded there may be the end of the chunks.
      new BoundedInput(content, Answer.MAX_BYTES).drain();
    } catch (IOException ignored) {
      // The request is accepted; only the connection is of no use any more.
    }
  }

  /** The status says what happened; the words are for people, and may mention the size. */
  private ApiException failure(AnswerHead head, AnswerReader.Body content)
      throws ApiException, IOException {
    int status = head.status();
    ApiResult result = ApiResult.ofStatus(status);
    String said = "";
    try {
      BoundedInput in = decoded(head, content);
      byte[] begin = in.readNBytes(MAX_TEXT_BYTES + token.length());
      boolean cut = in.read() >= 0;
      said = ServerWords.masked(new String(begin, UTF_8), token, cut);
      in.drain();
      new BoundedInput(content, Answer.MAX_BYTES).drain();
    } catch (IOException | ApiException e) {
      // The connection is closed for what is left unread.
      if (Thread.currentThread().isInterrupted()) {
        throw e;
      }
    }
    if (result == ApiResult.REFUSED && Answer.complainsOfSize(said)) {
      result = ApiResult.TOO_LARGE;
    }
    if (result == ApiResult.NOT_FOUND && apiAnswered) {
      result = ApiResult.ROUTE_LOST;
    }
    boolean shown = result != ApiResult.UNAUTHORIZED && !ServerWords.isPage(said);
    return ApiException.ofStatus(
        result, status, RetryAfter.of(head, clock), shown ? ForeignText.shortened(said) : "");
  }

  /** Only plain text was asked for; an answer in gzip is understood all the same. */
  private static BoundedInput decoded(AnswerHead head, InputStream content)
      throws ApiException, IOException {
    String coding = head.value("content-encoding");
    if (coding == null || coding.isEmpty() || coding.equalsIgnoreCase("identity")) {
      return new BoundedInput(content, Answer.MAX_BYTES);
    }
    if (coding.equalsIgnoreCase("gzip") || coding.equalsIgnoreCase("x-gzip")) {
      return new BoundedInput(new GZIPInputStream(content), Answer.MAX_BYTES);
    }
    throw Answer.malformed("it is in a coding that was not asked for");
  }

  private static long maxIdleNanos(AnswerHead answer) {
    String kept = answer.value("keep-alive");
    Matcher seconds = KEPT_SECONDS.matcher(kept == null ? "" : kept);
    if (!seconds.find()) {
      return MAX_IDLE.toNanos();
    }
    // The server's clock began earlier.
    long nanos = TimeUnit.SECONDS.toNanos(Math.max(0, Integer.parseInt(seconds.group(1)) - 1));
    return Math.min(nanos, MAX_IDLE.toNanos());
  }

  private ApiException failure(IOException e, Progress progress, Duration limit)
      throws InterruptedException {
    if (Thread.interrupted()) {
      InterruptedException interrupted = new InterruptedException("interrupted while sending");
      interrupted.initCause(e);
      throw interrupted;
    }
    if (closed) {
      return ApiException.ofClosed(e);
    }
    ApiException failure = progress.failure(e, limit);
    if (failure.result() == ApiResult.LOST_WRITING || failure.result() == ApiResult.LOST_READING) {
      lost = true;
    }
    return failure;
  }

  /** Ends the calls under way and closes all connections. */
  @Override
  public void close() {
    closed = true;
    calls.forEach(this::end);
    connections.close();
    timer.close();
  }

  /** Returns the number of connections, in use and idle. */
  int connectionCount() {
    return connections.size();
  }

  /** Closes connections that have been idle, as long as there are any. */
  private void sweepLater() {
    if (!sweepDue.compareAndSet(false, true)) {
      return;
    }
    try {
      Future<?> unused = timer.schedule(this::sweep, MAX_IDLE);
    } catch (RejectedExecutionException ignored) {
      // closed, and with it all connections
    }
  }

  private void sweep() {
    sweepDue.set(false);
    if (connections.sweep() > 0) {
      sweepLater();
    }
  }
}
