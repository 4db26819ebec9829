package dev.logweir.sender;

import dev.logweir.SendCall;
import dev.logweir.SendException;
import java.net.ConnectException;
import java.net.ProtocolException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

/**
 * Posts what a sender has encoded to one address over HTTP/1.1, as often as its {@link Attempts}
 * say, by the HTTP client of the JDK. Has its settings from a {@link Builder}.
 *
 * <pre>{@code
 * private final HttpPost post =
 *     HttpPost.builder(MySender.class, endpoint).header("Authorization", "Bearer " + token).build();
 *
 * public void send(List<String> lines) throws SendException, InterruptedException {
 *   post.send(LogBatch.of(lines).call(), encoded(lines));
 * }
 * }</pre>
 *
 * <p>A status of 2xx is a yes once the answer has come as a whole. What others mean says {@link
 * #resultOf}. An interrupt ends a call wherever it is, but while the system looks up a host's name;
 * so does {@link #close}. Its own texts name the host and the status, and nothing else of address,
 * headers, body or answer.
 *
 * <p>Holds, besides the body, at most 128 KiB for each call, and one thread, which ends some time
 * after its close. Thread-safe: one sender may have it, or those of all jobs may share it.
 */
public final class HttpPost implements AutoCloseable {
  /** A longer wish of the server is cut to this. */
  static final Duration LONGEST_RETRY_AFTER = Duration.ofMinutes(2);

  private static final int PIECE_BYTES = 16 * 1024;
  private static final int MAX_SECONDS_DIGITS = 9;

  private final Attempts attempts;
  private final HttpRequest.Builder request;
  private final String host;
  private final IntFunction<? extends AttemptResult> results;
  private final Map<Pieces, CompletableFuture<?>> exchanges = new ConcurrentHashMap<>();

  /** Null once closed: the thread of the JDK's client ends when nothing refers to that any more. */
  private volatile @Nullable HttpClient client;

  private HttpPost(Builder settings) {
    host = settings.host;
    Attempts given = settings.attempts;
    attempts = given == null ? Attempts.builder(settings.sender, host).build() : given;
    request = settings.request.copy();
    results = settings.results;
    // On the caller's thread and the client's own: there is no pool that outlives them.
    HttpClient.Builder its =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).executor(Runnable::run);
    SSLContext tls = settings.tls;
    client = tls == null ? its.build() : its.sslContext(tls).build();
  }

  /**
   * Returns a builder with the defaults.
   *
   * @param sender names the logger
   * @param endpoint an address of {@code http} or {@code https}
   * @throws NullPointerException if an argument is null
   * @throws IllegalArgumentException if {@code endpoint} is no such address
   */
  public static Builder builder(Class<?> sender, URI endpoint) {
    return new Builder(sender, endpoint);
  }

  /**
   * Returns what a status means by default: 2xx is {@link CommonResult#OK}; 408, 425, 429 and 5xx
   * are {@link CommonResult#BUSY}; all others are {@link CommonResult#REFUSED}.
   */
  public static CommonResult resultOf(int status) {
    if (status / 100 == 2) {
      return CommonResult.OK;
    }
    boolean later = status == 408 || status == 425 || status == 429 || status / 100 == 5;
    return later ? CommonResult.BUSY : CommonResult.REFUSED;
  }

  /**
   * Posts a body, again and again if need be, until the server has taken it.
   *
   * @param call of the batch; is told when the server may have it
   * @param body not to be changed until this returns
   * @throws SendException if the server did not take it; its kind is that of the last result
   * @throws InterruptedException if the thread is interrupted; the connection is closed
   * @throws NullPointerException if an argument is null
   */
  public void send(SendCall call, byte[] body) throws SendException, InterruptedException {
    Delivery delivery =
        new Delivery(Objects.requireNonNull(call, "call"), Objects.requireNonNull(body, "body"));
    try {
      attempts.run(call, attempts.begin(), delivery::post);
    } catch (AttemptException e) {
      throw e.toSendException("log not sent");
    }
  }

  /** Ends all calls and those of its attempts; what comes later fails as closed. Idempotent. */
  @Override
  public void close() {
    client = null;
    attempts.close();
    exchanges.values().forEach(exchange -> exchange.cancel(true));
  }

  @Override
  public String toString() {
    return "HttpPost[" + host + "]";
  }

  private static AttemptException closed(@Nullable Exception cause) {
    return new AttemptException(CommonResult.CLOSED, "the client is closed", cause);
  }

  static Duration retryAfter(String value, Instant now) {
    Duration wish = Duration.ZERO;
    if (!value.isEmpty() && value.chars().allMatch(c -> c >= '0' && c <= '9')) {
      wish =
          value.length() > MAX_SECONDS_DIGITS
              ? LONGEST_RETRY_AFTER
              : Duration.ofSeconds(Integer.parseInt(value));
    } else {
      try {
        wish =
            Duration.between(now, Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(value)));
      } catch (DateTimeException | ArithmeticException ignored) {
        // no wish that can be read
      }
    }
    if (wish.isNegative()) {
      return Duration.ZERO;
    }
    return wish.compareTo(LONGEST_RETRY_AFTER) > 0 ? LONGEST_RETRY_AFTER : wish;
  }

  /** One body on its way. Used by the thread of its call. */
  private final class Delivery {
    private final SendCall call;
    private final byte[] body;

    /** Whether the server may have an earlier try: no answer to a later one takes that back. */
    private boolean leftUnanswered;

    Delivery(SendCall call, byte[] body) {
      this.call = call;
      this.body = body;
    }

    void post(Duration limit) throws AttemptException, InterruptedException {
      if (Thread.interrupted()) {
        throw new InterruptedException("interrupted before posting");
      }
      Pieces pieces = new Pieces(call, body);
      boolean told = false;
      try {
        HttpResponse<Void> answer = exchange(pieces, limit);
        int status = answer.statusCode();
        if (status / 100 == 2 && !pieces.haveGone()) {
          throw new AttemptException(
              CommonResult.UNANSWERED, host + " answers before the request was written", null);
        }
        // What a server has done that fails, or a gateway in front of it, it does not say.
        told = status >= 200 && status < 500;
        if (status / 100 != 2) {
          throw new AttemptException(
              results.apply(status),
              host + " answers " + status,
              null,
              false,
              retryAfter(answer.headers().firstValue("Retry-After").orElse(""), Instant.now()));
        }
      } finally {
        leftUnanswered |= !told && pieces.hasBegun();
        if (told && !leftUnanswered) {
          call.answered();
        }
      }
    }

    private HttpResponse<Void> exchange(Pieces pieces, Duration limit)
        throws AttemptException, InterruptedException {
      HttpClient its = client;
      if (its == null) {
        throw closed(null);
      }
      CompletableFuture<HttpResponse<Void>> exchange =
          its.sendAsync(request.copy().POST(pieces.publisher()).build(), BodyHandlers.discarding());
      exchanges.put(pieces, exchange);
      try {
        // Either close finds it among the exchanges, or this look finds that it was closed.
        if (client == null) {
          throw closed(null);
        }
        return exchange.get(limit.toNanos(), TimeUnit.NANOSECONDS);
      } catch (CancellationException e) {
        throw closed(e);
      } catch (TimeoutException e) {
        throw pieces.hasBegun()
            ? new AttemptException(CommonResult.UNANSWERED, "no answer of " + host + " in time", e)
            : new AttemptException(CommonResult.AWAY, "no connection to " + host + " in time", e);
      } catch (ExecutionException e) {
        if (Thread.interrupted()) {
          InterruptedException interrupted = new InterruptedException("interrupted while posting");
          interrupted.initCause(quotes(e) ? null : e);
          throw interrupted;
        }
        if (client == null) {
          throw closed(quotes(e) ? null : e);
        }
        throw failure(e.getCause(), pieces);
      } finally {
        pieces.end();
        exchange.cancel(true);
        exchanges.remove(pieces);
      }
    }

    /** Whether a failure has the server's words, which may be the request's own: a secret in it. */
    private static boolean quotes(@Nullable Throwable failure) {
      Throwable at = failure;
      while (at != null && !(at instanceof ProtocolException)) {
        at = at.getCause();
      }
      return at != null;
    }

    private AttemptException failure(@Nullable Throwable cause, Pieces pieces) {
      if (cause instanceof Error error) {
        throw error;
      }
      if (cause instanceof ConnectException || cause instanceof HttpConnectTimeoutException) {
        return new AttemptException(CommonResult.AWAY, "no connection to " + host, cause);
      }
      if (cause instanceof SSLHandshakeException handshake) {
        return TlsFailure.of(handshake) == TlsFailure.UNTRUSTED
            ? new AttemptException(
                CommonResult.REFUSED, "the certificate of " + host + " is not trusted", cause)
            : new AttemptException(
                CommonResult.BUSY, "the TLS handshake with " + host + " failed", cause);
      }
      if (quotes(cause)) {
        return new AttemptException(
            CommonResult.UNANSWERED, "no answer of " + host + ": what came is no HTTP", null);
      }
      return pieces.hasBegun()
          ? new AttemptException(CommonResult.UNANSWERED, "no answer of " + host, cause)
          : new AttemptException(CommonResult.LOST, "the connection to " + host + " broke", cause);
    }
  }

  /**
   * The body in pieces, of which the JDK's client holds a few at a time. Asked for by its thread.
   */
  private static final class Pieces implements Iterable<byte[]> {
    private final SendCall call;
    private final byte[] body;
    private volatile boolean begun;
    private volatile boolean gone;
    private volatile boolean over;

    Pieces(SendCall call, byte[] body) {
      this.call = call;
      this.body = body;
      gone = body.length == 0;
    }

    BodyPublisher publisher() {
      BodyPublisher pieces = BodyPublishers.ofByteArrays(this);
      // Without a length it goes in chunks, of which there are none then.
      return body.length == 0 ? pieces : BodyPublishers.fromPublisher(pieces, body.length);
    }

    /** Whether there was a connection, and the server may have the body. */
    boolean hasBegun() {
      return begun;
    }

    /**
     * Whether the client has taken all. It may give an answer that came before that, and broke the
     * rest of the request off.
     */
    boolean haveGone() {
      return gone;
    }

    /** Nothing more of it goes. */
    void end() {
      over = true;
    }

    /** Is asked for when there is a connection, over TLS when hands were shaken. */
    @Override
    public Iterator<byte[]> iterator() {
      if (!over) {
        begun = true;
        call.written();
      }
      return new Iterator<>() {
        private int at;

        @Override
        public boolean hasNext() {
          return !over && at < body.length;
        }

        @Override
        public byte[] next() {
          if (at >= body.length) {
            throw new NoSuchElementException();
          }
          int from = at;
          at = Math.min(body.length, from + PIECE_BYTES);
          gone = at == body.length;
          return Arrays.copyOfRange(body, from, at);
        }
      };
    }
  }

  /** Collects the settings and checks each when it is given. Not thread-safe. */
  public static final class Builder {
    private final Class<?> sender;
    private final String host;
    private final HttpRequest.Builder request;
    private @Nullable SSLContext tls;
    private @Nullable Attempts attempts;
    private IntFunction<? extends AttemptResult> results = HttpPost::resultOf;

    private Builder(Class<?> sender, URI endpoint) {
      this.sender = Objects.requireNonNull(sender, "sender");
      String itsHost = Objects.requireNonNull(endpoint, "endpoint").getHost();
      String scheme = endpoint.getScheme();
      if (itsHost == null
          || !("http".equalsIgnoreCase(scheme) || "https".equalsIgnoreCase(scheme))) {
        throw new IllegalArgumentException("endpoint must be http or https, with a host");
      }
      host = endpoint.getPort() < 0 ? itsHost : itsHost + ":" + endpoint.getPort();
      request = HttpRequest.newBuilder(endpoint);
    }

    /**
     * Sets a header of each request, such as {@code Authorization}. There are none by default but
     * those that HTTP needs.
     *
     * @param value in no message of an exception
     * @throws NullPointerException if an argument is null
     * @throws IllegalArgumentException if it has characters that a header must not have, or is one
     *     that the JDK's client sets itself, such as {@code Content-Length}
     */
    public Builder header(String name, String value) {
      request.setHeader(Objects.requireNonNull(name, "name"), ""); // a wrong name is named
      try {
        request.setHeader(name, Objects.requireNonNull(value, "value"));
      } catch (IllegalArgumentException e) {
        // Without its cause, which has the value.
        throw new IllegalArgumentException(
            "header " + name + " must have no control characters in its value");
      }
      return this;
    }

    /**
     * Sets whom TLS trusts, and the client's own key if it needs one. Default that of the JDK.
     *
     * @throws NullPointerException if it is null
     */
    public Builder sslContext(SSLContext tls) {
      this.tls = Objects.requireNonNull(tls, "tls");
      return this;
    }

    /**
     * Sets how often it tries. Default {@link Attempts} with their defaults. They are closed with
     * this.
     *
     * @throws NullPointerException if it is null
     */
    public Builder attempts(Attempts attempts) {
      this.attempts = Objects.requireNonNull(attempts, "attempts");
      return this;
    }

    /**
     * Sets what a status means that is not 2xx. Default {@link HttpPost#resultOf}.
     *
     * @param results is called on the threads of calls, and must be thread-safe
     * @throws NullPointerException if it is null
     */
    public Builder results(IntFunction<? extends AttemptResult> results) {
      this.results = Objects.requireNonNull(results, "results");
      return this;
    }

    /** Returns what posts. It has no connection yet. */
    public HttpPost build() {
      return new HttpPost(this);
    }
  }
}
