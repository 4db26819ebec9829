package dev.logweir.opslevel;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLContext;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.SchemePortResolver;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.cookie.StandardCookieSpec;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.io.DefaultHttpClientConnectionOperator;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.io.HttpClientConnectionOperator;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.client5.http.ssl.TlsSocketStrategy;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ConnectionRequestTimeoutException;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.config.RegistryBuilder;
import org.apache.hc.core5.http.io.entity.EntityTemplate;
import org.apache.hc.core5.http.message.BasicHeader;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.io.IOCallback;
import org.apache.hc.core5.pool.PoolReusePolicy;
import org.apache.hc.core5.pool.PoolStats;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/**
 * Carries out single attempts over HTTP/1.1, each under a hard deadline that covers connecting,
 * writing, and the head and the body of the answer. Thread-safe.
 *
 * <p>A call blocks its thread in a socket of {@link ChannelSockets}, so that an interruption closes
 * the connection and ends the call at once. The deadline does the same from the one thread of the
 * timer, which ends when it has been idle.
 */
final class HttpTransport implements AutoCloseable {
  static final int CONNECTION_BUFFER_BYTES = 2 * 1024;

  /** What is read of an answer with an error to find a complaint of the size in it. */
  private static final int MAX_TEXT_BYTES = 1024;

  private static final Duration MAX_IDLE = Duration.ofSeconds(30);
  private static final ContentType JSON = ContentType.create("application/json");

  private final HttpHost host;
  private final String path;
  private final String token;
  private final Clock clock;
  private final OpsLevelMetrics metrics;
  private final Duration socketPatience;
  private final PoolingHttpClientConnectionManager connections;
  private final CloseableHttpClient http;
  private final DeadlineTimer timer;
  private final AtomicBoolean sweepDue = new AtomicBoolean();

  HttpTransport(OpsLevelClient.Builder settings, URI apiUrl, String token) {
    URI endpoint = URI.create(apiUrl + "/graphql");
    host = new HttpHost(endpoint.getScheme(), endpoint.getHost(), endpoint.getPort());
    path = endpoint.getRawPath();
    this.token = token;
    clock = settings.clock;
    metrics = settings.metrics;
    socketPatience = settings.socketPatience;
    connections = connections(settings);
    http = http(settings, connections);
    timer = settings.timers.get();
  }

  /**
   * Sends a body and reads the answer.
   *
   * @param body writes {@code length} bytes; may be asked again
   * @throws AttemptException if the server did not accept it within the limit
   * @throws InterruptedException if the thread was interrupted; the connection is closed
   */
  void exchange(
      IOCallback<OutputStream> body, long length, Duration limit, Mutation mutation, String jobId)
      throws AttemptException, InterruptedException {
    HttpPost request = new HttpPost(path);
    request.setConfig(requestConfig(limit.plus(socketPatience)));
    request.setHeader(new BasicHeader("Authorization", "Bearer " + token, true));
    request.setHeader("Accept", JSON.getMimeType());
    request.setHeader("GraphQL-Visibility", "internal");
    Progress progress = new Progress();
    request.setEntity(
        new EntityTemplate(
            length,
            JSON,
            null,
            out -> {
              progress.beginsWriting();
              body.execute(new CountedOutput(out, metrics));
              progress.hasWritten();
            }));
    Future<?> deadline = startDeadline(request, progress, limit);
    try (ClassicHttpResponse response = open(request)) {
      boolean read = false;
      try {
        if (response.getCode() <= 299 && !progress.isWritten()) {
          throw Answer.malformed("it came before the request was written");
        }
        check(response, mutation, jobId);
        read = true;
      } finally {
        if (!read) {
          // Closing the answer would read on to its end, were the connection still open.
          request.cancel();
        }
      }
    } catch (IOException e) {
      throw failure(e, progress, limit);
    } catch (CancellationException e) {
      // Thrown only by the wait for a connection: overdue, interrupted or closed.
      throw failure(new ConnectionRequestTimeoutException(e.toString()), progress, limit);
    } catch (IllegalStateException e) {
      if (connections.isClosed()) {
        throw AttemptException.ofClosed(e);
      }
      throw e;
    } finally {
      deadline.cancel(false);
      sweepLater();
    }
  }

  /** Goes on to another connection when one was of no use any more; each of those is closed. */
  private ClassicHttpResponse open(HttpPost request) throws IOException {
    while (true) {
      try {
        return http.executeOpen(host, request, null);
      } catch (QuietConnection.StaleException e) {
        if (request.isCancelled()) {
          throw e;
        }
      }
    }
  }

  /** Ends the calls under way and closes all connections. */
  @Override
  public void close() {
    http.close(CloseMode.IMMEDIATE);
    timer.close();
  }

  /** Returns the number of connections, in use and idle. */
  int connectionCount() {
    PoolStats stats = connections.getTotalStats();
    return stats.getLeased() + stats.getAvailable();
  }

  private Future<?> startDeadline(HttpPost request, Progress progress, Duration limit)
      throws AttemptException {
    try {
      return timer.schedule(
          () -> {
            progress.overdue();
            request.cancel();
          },
          limit);
    } catch (RejectedExecutionException e) {
      throw AttemptException.ofClosed(e);
    }
  }

  private void check(ClassicHttpResponse response, Mutation mutation, String jobId)
      throws AttemptException, IOException {
    int status = response.getCode();
    HttpEntity entity = response.getEntity();
    InputStream content = entity == null ? null : entity.getContent();
    BoundedInput in =
        new BoundedInput(
            content == null ? InputStream.nullInputStream() : content, Answer.MAX_BYTES);
    if (status >= 200 && status <= 299) {
      Answer.check(in, mutation, jobId, token);
      return;
    }
    AttemptResult result = AttemptResult.ofStatus(status);
    try {
      String said = new String(in.readNBytes(MAX_TEXT_BYTES), ISO_8859_1);
      if (result == AttemptResult.REFUSED && Answer.complainsOfSize(said)) {
        result = AttemptResult.TOO_LARGE;
      }
      in.drain();
    } catch (IOException e) {
      // The status says it all; the connection is closed for what is left unread.
      if (Thread.currentThread().isInterrupted()) {
        throw e;
      }
    }
    throw AttemptException.ofStatus(result, status, RetryAfter.of(response, clock));
  }

  private AttemptException failure(IOException e, Progress progress, Duration limit)
      throws InterruptedException {
    if (Thread.interrupted()) {
      InterruptedException interrupted = new InterruptedException("interrupted while sending");
      interrupted.initCause(e);
      throw interrupted;
    }
    if (connections.isClosed()) {
      return AttemptException.ofClosed(e);
    }
    return progress.failure(e, limit);
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
    connections.closeExpired();
    connections.closeIdle(TimeValue.of(MAX_IDLE));
    if (connectionCount() > 0) {
      sweepLater();
    }
  }

  private static RequestConfig requestConfig(Duration limit) {
    Timeout timeout = Timeout.of(limit);
    return RequestConfig.custom()
        .setConnectionRequestTimeout(timeout)
        .setResponseTimeout(timeout)
        .setAuthenticationEnabled(false)
        .setRedirectsEnabled(false)
        .setContentCompressionEnabled(false)
        .setProtocolUpgradeEnabled(false)
        .setCookieSpec(StandardCookieSpec.IGNORE)
        .build();
  }

  private static PoolingHttpClientConnectionManager connections(OpsLevelClient.Builder settings) {
    PoolingHttpClientConnectionManagerBuilder builder =
        new PoolingHttpClientConnectionManagerBuilder() {
          @Override
          protected HttpClientConnectionOperator createConnectionOperator(
              SchemePortResolver ports, DnsResolver dns, TlsSocketStrategy tls) {
            return new DefaultHttpClientConnectionOperator(
                new ChannelSockets(),
                ports,
                dns,
                RegistryBuilder.<TlsSocketStrategy>create().register("https", tls).build());
          }
        };
    SSLContext trust = settings.sslContext;
    if (trust != null) {
      builder.setTlsSocketStrategy(new DefaultClientTlsStrategy(trust));
    }
    return builder
        .setConnectionFactory(QuietConnection.FACTORY)
        .setMaxConnTotal(settings.maxConnections)
        .setMaxConnPerRoute(settings.maxConnections)
        .setConnPoolPolicy(PoolReusePolicy.LIFO)
        .setDefaultConnectionConfig(
            ConnectionConfig.custom()
                .setConnectTimeout(Timeout.of(settings.connectTimeout))
                .setValidateAfterInactivity(TimeValue.NEG_ONE_MILLISECOND)
                .setTimeToLive(TimeValue.ofMinutes(10))
                .build())
        .build();
  }

  private static CloseableHttpClient http(
      OpsLevelClient.Builder settings, PoolingHttpClientConnectionManager connections) {
    HttpClientBuilder builder =
        HttpClientBuilder.create()
            .setConnectionManager(connections)
            .setUserAgent(settings.userAgent())
            .disableAutomaticRetries()
            .disableRedirectHandling()
            .disableCookieManagement()
            .disableContentCompression()
            .disableAuthCaching()
            .disableConnectionState();
    URI proxy = settings.proxy;
    if (proxy != null) {
      builder.setProxy(new HttpHost(proxy.getScheme(), proxy.getHost(), proxy.getPort()));
    }
    return builder.build();
  }
}
