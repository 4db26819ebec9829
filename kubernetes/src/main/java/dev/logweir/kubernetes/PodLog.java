package dev.logweir.kubernetes;

import dev.logweir.LogStreamer;
import dev.logweir.PumpResult;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Follows the log of a container and feeds it to a log of Logweir, to its end.
 *
 * <p>Thread-safe. The server writes both streams of the container into one; they go to the standard
 * output. Where the connection is cut, the log is asked for anew from the second of the last line
 * on, and what came already is left out, by time and checksum. Where what came is not there any
 * longer, as the file was rotated, lines after it may be missing too: a line of the log says so,
 * and the report is not complete. Where the log of Logweir waits, nothing is read from the server.
 */
public final class PodLog {

  private final KubernetesClient client;
  private final PodTarget target;
  private final Duration maxOutage;
  private final Duration requestTimeout;

  private PodLog(Builder settings, PodTarget target) {
    client = settings.client;
    this.target = target;
    maxOutage = settings.maxOutage;
    requestTimeout = settings.requestTimeout;
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
   * @return whether it was read to its end without a gap; if not, the report of {@code log} is not
   *     complete
   * @throws NullPointerException if {@code log} is null
   * @throws InterruptedException if the thread was interrupted; the log's report is not complete
   */
  public boolean follow(LogStreamer log) throws InterruptedException {
    Objects.requireNonNull(log, "log");
    String gap =
        "[logweir "
            + log.report().markerToken()
            + "] the pod's log was cut: lines may be missing here";
    String identity = PodLook.at(client, target).identity();
    try (PodLogStream stream = new PodLogStream(new Server(identity), maxOutage, gap)) {
      PumpResult result = log.pump(stream, InputStream.nullInputStream());
      return result.isComplete();
    }
  }

  @Override
  public String toString() {
    return "PodLog[" + target + "]";
  }

  private final class Server implements PodLogStream.Source {
    private @Nullable String identity;

    Server(@Nullable String identity) {
      this.identity = identity;
    }

    @Override
    public InputStream open(String second, boolean follow) throws IOException {
      String query =
          "?timestamps=true"
              + (follow ? "&follow=true" : "")
              + (target.container() == null ? "" : "&container=" + target.container())
              + (second.isEmpty() ? "" : "&sinceTime=" + second.replace(":", "%3A"));
      URI uri = PodSocket.uri(client, target, "log" + query);
      CompletableFuture<HttpResponse<InputStream>> answer =
          client
              .getHttpClient()
              .sendAsync(
                  client.getHttpClient().newHttpRequestBuilder().uri(uri).build(),
                  InputStream.class);
      try {
        HttpResponse<InputStream> response =
            answer.get(requestTimeout.toNanos(), TimeUnit.NANOSECONDS);
        if (!response.isSuccessful()) {
          response.body().close();
          throw new IOException("HTTP " + response.code());
        }
        return response.body();
      } catch (ExecutionException | TimeoutException e) {
        answer.cancel(true);
        throw new IOException(e);
      } catch (InterruptedException e) {
        answer.cancel(true);
        Thread.currentThread().interrupt();
        throw new IOException(e);
      }
    }

    @Override
    public PodLook look() {
      PodLook look = PodLook.at(client, target);
      if (look.isOther(identity)) {
        return new PodLook(PodLook.State.POD_GONE, "not found", null); // another one of its name
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
     * Sets how long the log may not be to be had before it is given up: 1 ms to 7 days, default 10
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
     * Builds it; asks the server nothing.
     *
     * @throws IllegalStateException if no pod was given, or no namespace, where the client has none
     */
    public PodLog build() {
      return new PodLog(this, PodTarget.of(client, namespace, pod, container));
    }
  }
}
