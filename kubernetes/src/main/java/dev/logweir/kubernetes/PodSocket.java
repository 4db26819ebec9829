package dev.logweir.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.WebSocket;
import io.fabric8.kubernetes.client.http.WebSocketHandshakeException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Opens the WebSocket of an exec. */
final class PodSocket {
  /** The last version that ends with a status and that all servers since 1.4 know. */
  private static final String PROTOCOL = "v4.channel.k8s.io";

  private final KubernetesClient client;
  private final long timeoutNanos;

  PodSocket(KubernetesClient client, long timeoutNanos) {
    this.client = client;
    this.timeoutNanos = timeoutNanos;
  }

  /** Whether the client has a thread for each WebSocket, which may be held. */
  boolean holdsThread() {
    return client.getHttpClient().getClass().getName().contains(".okhttp.");
  }

  /**
   * Starts a command and returns when the server has upgraded the connection.
   *
   * @throws PodExecException if it has not; the command has then not started, or, where no answer
   *     came in time, may have
   */
  void open(PodTarget target, List<String> command, WebSocket.Listener listener)
      throws PodExecException, InterruptedException {
    // A request that failed may have started the command: a second one would run it twice.
    CompletableFuture<WebSocket> opened =
        onceOnly(client)
            .newWebSocketBuilder()
            .subprotocol(PROTOCOL)
            .uri(uri(target, command))
            .connectTimeout(TimeUnit.NANOSECONDS.toMillis(timeoutNanos), TimeUnit.MILLISECONDS)
            .buildAsync(listener);
    try {
      opened.get(timeoutNanos, TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw refused(target, Objects.requireNonNullElse(e.getCause(), e));
    } catch (TimeoutException e) {
      opened.cancel(true); // one that opens late is closed
      throw new PodExecException(
          target + ": the API server did not answer within " + seconds(), 0, e);
    } catch (InterruptedException e) {
      opened.cancel(true);
      throw e;
    }
  }

  private String seconds() {
    return TimeUnit.NANOSECONDS.toMillis(timeoutNanos) / 1000.0 + " s";
  }

  /** Returns the client's own HTTP client, but that it does not repeat a request that failed. */
  static HttpClient onceOnly(KubernetesClient client) {
    return client
        .getHttpClient()
        .newBuilder()
        .tag(
            new RequestConfigBuilder(client.getConfiguration().getRequestConfig())
                .withRequestRetryBackoffLimit(0)
                .build())
        .build();
  }

  private URI uri(PodTarget target, List<String> command) {
    StringBuilder text = new StringBuilder("exec?stdout=true&stderr=true");
    if (target.container() != null) {
      text.append("&container=").append(encode(target.container()));
    }
    for (String word : command) {
      text.append("&command=").append(encode(word));
    }
    return uri(client, target, text.toString());
  }

  /** Returns the address of what belongs to a pod; of the pod itself by an empty text. */
  static URI uri(KubernetesClient client, PodTarget target, String what) {
    String server = client.getMasterUrl().toString();
    return URI.create(
        server
            + (server.endsWith("/") ? "" : "/")
            + "api/v1/namespaces/"
            + target.namespace()
            + "/pods/"
            + target.pod()
            + (what.isEmpty() ? "" : "/" + what));
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static PodExecException refused(PodTarget target, Throwable cause) {
    if (cause instanceof WebSocketHandshakeException handshake) {
      int status = handshake.getResponse().code();
      String words =
          switch (status) {
            case 401 -> "the API server refused the client's credentials";
            case 403 -> "not allowed: the verbs get and create of pods/exec are needed";
            case 404 -> "not found";
            case 400 -> "the API server refused the request: is there such a container?";
            default -> "the API server refused to start a command";
          };
      return new PodExecException(target + ": " + words + " (HTTP " + status + ")", status, cause);
    }
    return new PodExecException(
        target + ": the connection failed: " + cause.getClass().getName(), 0, cause);
  }
}
