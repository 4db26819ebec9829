package dev.logweir.kubernetes;

import dev.logweir.LogStreamer;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the log of a container and feeds it to a log of Logweir, to its end.
 *
 * <p>Thread-safe. The server writes both streams of the container into one; they go to the standard
 * output. If the connection is cut, the log is requested again from five seconds before its newest
 * line on, and lines that came already are left out, by time and checksum. If the last line
 * received is gone, as the file was rotated, lines after it may be missing too: a line of the log
 * says so, and the report is not complete. The same holds if lines have times further back, because
 * a clock was set. While the log of Logweir waits, nothing is read from the server.
 *
 * <p>Each call holds at most {@link #maxRetainedBytes} of its own.
 */
public final class PodLog {

  private static final Logger LOGGER = LoggerFactory.getLogger(PodLog.class);
  private static final int MAX_REFUSAL_BYTES = 4 << 10;

  private final KubernetesClient client;
  private final PodTarget target;
  private final Duration maxOutage;
  private final Duration requestTimeout;
  private final Duration checkInterval;

  private PodLog(Builder settings, PodTarget target) {
    client = settings.client;
    this.target = target;
    maxOutage = settings.maxOutage;
    requestTimeout = settings.requestTimeout;
    checkInterval = settings.checkInterval;
  }

  /**
   * Returns a builder; a pod must be given.
   *
   * @param client stays the caller's; not closed here
   * @throws NullPointerException if {@code client} is null
   */
  public static Builder builder(KubernetesClient client) {
    return new Builder(Objects.requireNonNull(client, "client"));
  }

  /**
   * Follows the log until the container has ended and all of it is read. Waits for a container that
   * has not started, as for a server that is away, up to {@link Builder#maxOutage}.
   *
   * <p>Returns at once if the server refuses the log for good: there is no such pod or container,
   * or access is not allowed.
   *
   * @return whether it was read to its end without a gap, and why not; if not, the report of {@code
   *     log} is not complete either
   * @throws NullPointerException if {@code log} is null
   * @throws InterruptedException if the thread was interrupted; the log's report is not complete
   */
  public PodLogResult follow(LogStreamer log) throws InterruptedException {
    Objects.requireNonNull(log, "log");
    String gap =
        "[logweir "
            + log.report().markerToken()
            + "] the pod's log was cut: lines may be missing here";
    Server server = new Server(PodLook.at(client, target).identity());
    PodLogStream stream = new PodLogStream(server, maxOutage, gap, PodLogStream.Clock.SYSTEM);
    LogWatch watch = new LogWatch(stream, server, checkInterval.toNanos());
    watch.begin();
    try {
      log.pump(stream, InputStream.nullInputStream());
    } finally {
      watch.end();
      stream.close();
    }
    PodLogStream.End end =
        Objects.requireNonNullElse(
            stream.end(), new PodLogStream.End(false, 0, 0, "not read to its end"));
    PodLogResult result = new PodLogResult(end, target + ": " + end.text());
    if (!result.isComplete()) {
      LOGGER.warn("{}", result);
    }
    return result;
  }

  /**
   * Returns the most heap bytes that each call of {@link #follow} holds, beside what the log and
   * its pump hold and one buffer of the client.
   */
  public static long maxRetainedBytes() {
    return PodLogStream.MAX_RETAINED_BYTES;
  }

  @Override
  public String toString() {
    return "PodLog[" + target + "]";
  }

  private final class Server implements PodLogStream.Source {
    /** The watch looks too. */
    private volatile @Nullable String identity;

    Server(@Nullable String identity) {
      this.identity = identity;
    }

    @Override
    public InputStream open(String since, boolean follow) throws IOException {
      String query =
          "?timestamps=true"
              + (follow ? "&follow=true" : "")
              + (target.container() == null ? "" : "&container=" + target.container())
              + (since.isEmpty() ? "" : "&sinceTime=" + since.replace(":", "%3A"));
      URI uri = PodSocket.uri(client, target, "log" + query);
      HttpClient http = PodSocket.onceOnly(client);
      CompletableFuture<HttpResponse<InputStream>> answer =
          http.sendAsync(http.newHttpRequestBuilder().uri(uri).build(), InputStream.class);
      try {
        HttpResponse<InputStream> response =
            answer.get(requestTimeout.toNanos(), TimeUnit.NANOSECONDS);
        if (!response.isSuccessful()) {
          throw new LogRefusal(response.code(), words(response.body()));
        }
        return response.body();
      } catch (ExecutionException e) {
        Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
        throw new IOException("the connection failed: " + cause.getClass().getName(), e);
      } catch (TimeoutException e) {
        answer.cancel(true);
        throw new IOException("no answer within " + requestTimeout.toMillis() + " ms", e);
      } catch (InterruptedException e) {
        answer.cancel(true);
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
    }

    /** Returns the text of a refusal, as far as it comes in time. */
    private String words(InputStream body) {
      ScheduledFuture<?> limit =
          ExecTimer.schedule(() -> PodLogStream.close(body), requestTimeout.toNanos());
      try (body) {
        String text = new String(body.readNBytes(MAX_REFUSAL_BYTES), StandardCharsets.UTF_8);
        try {
          Status status = client.getKubernetesSerialization().unmarshal(text, Status.class);
          return status.getMessage() == null ? text : status.getMessage();
        } catch (RuntimeException e) {
          return text; // a proxy's
        }
      } catch (IOException | RuntimeException e) {
        return "";
      } finally {
        limit.cancel(false);
      }
    }

    @Override
    public PodLook look() {
      PodLook look = PodLook.at(client, target);
      if (look.isOther(identity)) {
        return new PodLook(
            PodLook.State.POD_GONE, "its container was started anew, or it is another pod", null);
      }
      identity = identity == null ? look.identity() : identity;
      return look;
    }
  }

  /** Collects the settings, and checks each when it is given. Not thread-safe. */
  public static final class Builder {
    private final KubernetesClient client;
    private @Nullable String namespace;
    private @Nullable String pod;
    private @Nullable String container;
    private Duration maxOutage = Duration.ofMinutes(10);
    private Duration requestTimeout = Duration.ofSeconds(10);
    private Duration checkInterval = Duration.ofSeconds(30);

    private Builder(KubernetesClient client) {
      this.client = client;
    }

    /**
     * Sets the namespace. Default: the client's own.
     *
     * @throws NullPointerException if {@code namespace} is null
     * @throws IllegalArgumentException if it is no name of Kubernetes
     */
    public Builder namespace(String namespace) {
      this.namespace = Settings.name("namespace", namespace);
      return this;
    }

    /**
     * Sets the pod.
     *
     * @throws NullPointerException if {@code pod} is null
     * @throws IllegalArgumentException if it is no name of Kubernetes
     */
    public Builder pod(String pod) {
      this.pod = Settings.name("pod", pod);
      return this;
    }

    /**
     * Sets the container. Default: the pod's only one.
     *
     * @throws NullPointerException if {@code container} is null
     * @throws IllegalArgumentException if it is no name of Kubernetes
     */
    public Builder container(String container) {
      this.container = Settings.name("container", container);
      return this;
    }

    /**
     * Sets how long the log may be unavailable before it is given up: 1 ms to 7 days, default 10
     * minutes.
     *
     * @throws NullPointerException if {@code outage} is null
     * @throws IllegalArgumentException if out of range
     */
    public Builder maxOutage(Duration outage) {
      maxOutage = Settings.time("maxOutage", outage);
      return this;
    }

    /**
     * Sets how long a request may take until it is answered: 1 ms to 7 days, default 10 s.
     *
     * @throws NullPointerException if {@code timeout} is null
     * @throws IllegalArgumentException if out of range
     */
    public Builder requestTimeout(Duration timeout) {
      requestTimeout = Settings.time("requestTimeout", timeout);
      return this;
    }

    /**
     * Sets how often the pod is checked while its log is silent: 1 ms to 7 days, default 30 s. If
     * the container has ended, the open stream is given up, and the rest of the log requested.
     * After three of these intervals the log is requested again even if the container runs, as the
     * connection may be dead: no line is lost by that.
     *
     * @throws NullPointerException if {@code interval} is null
     * @throws IllegalArgumentException if out of range
     */
    public Builder checkInterval(Duration interval) {
      checkInterval = Settings.time("checkInterval", interval);
      return this;
    }

    /**
     * Builds it, without a request to the server.
     *
     * @throws IllegalStateException if no pod was given, or no namespace, where the client has none
     */
    public PodLog build() {
      return new PodLog(this, PodTarget.of(client, namespace, pod, container));
    }
  }
}
