package dev.logweir.kubernetes;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the API server says of a pod and its container now.
 *
 * @param state what it comes to
 * @param text the same for a person
 * @param identity of the pod and of this start of the container; null if not known
 */
record PodLook(State state, String text, @Nullable String identity) {
  private static final int MAX_SECONDS = 10;

  enum State {
    RUNNING,
    /** It, or its container, has not started. */
    WAITING,
    POD_GONE,
    POD_ENDED,
    CONTAINER_GONE,
    NO_SUCH_CONTAINER,
    /** The client may not look at pods. */
    FORBIDDEN,
    UNREACHABLE
  }

  /** Looks once: the caller has a time of its own for when the server does not answer. */
  static PodLook at(KubernetesClient client, PodTarget target) {
    try {
      HttpClient http = PodSocket.onceOnly(client);
      CompletableFuture<HttpResponse<byte[]>> answer =
          http.sendAsync(
              http.newHttpRequestBuilder().uri(PodSocket.uri(client, target, "")).build(),
              byte[].class);
      try {
        return of(client, answer.get(MAX_SECONDS, TimeUnit.SECONDS), target);
      } finally {
        answer.cancel(true);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return unreachable("interrupted");
    } catch (ExecutionException e) {
      return unreachable(Objects.requireNonNullElse(e.getCause(), e).getClass().getName());
    } catch (TimeoutException | RuntimeException e) {
      return unreachable(e.getClass().getName()); // also of a client that was closed
    }
  }

  private static PodLook of(
      KubernetesClient client, HttpResponse<byte[]> answer, PodTarget target) {
    int code = answer.code();
    if (code == 404) {
      return new PodLook(State.POD_GONE, "not found", null);
    }
    if (code == 401 || code == 403) {
      return new PodLook(State.FORBIDDEN, "not allowed to get it (" + code + ")", null);
    }
    if (!answer.isSuccessful()) {
      return unreachable("HTTP " + code);
    }
    String body = new String(answer.body(), StandardCharsets.UTF_8);
    return of(client.getKubernetesSerialization().unmarshal(body, Pod.class), target);
  }

  private static PodLook unreachable(String why) {
    return new PodLook(State.UNREACHABLE, "the API server gave no answer: " + why, null);
  }

  private static PodLook of(Pod pod, PodTarget target) {
    String uid = pod.getMetadata() == null ? "" : String.valueOf(pod.getMetadata().getUid());
    String phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
    if ("Succeeded".equals(phase) || "Failed".equals(phase)) {
      return new PodLook(State.POD_ENDED, "it has ended: " + phase, null);
    }
    String container = target.container();
    if (container != null && !isKnown(pod, container)) {
      return new PodLook(State.NO_SUCH_CONTAINER, "it has no such container", null);
    }
    if ("Pending".equals(phase)) {
      return new PodLook(State.WAITING, "it has not started: Pending", null);
    }
    Optional<ContainerStatus> status = status(pod, container);
    if (status.isEmpty()) {
      return new PodLook(State.RUNNING, "running", uid);
    }
    ContainerStatus its = status.get();
    String identity = uid + " " + its.getContainerID() + " " + its.getRestartCount();
    if (its.getState() != null && its.getState().getTerminated() != null) {
      Integer code = its.getState().getTerminated().getExitCode();
      String reason = its.getState().getTerminated().getReason();
      return new PodLook(
          State.CONTAINER_GONE, "its container has ended: " + reason + ", exit code " + code, null);
    }
    if (its.getState() != null && its.getState().getWaiting() != null) {
      String reason = its.getState().getWaiting().getReason();
      return new PodLook(State.WAITING, "its container has not started: " + reason, null);
    }
    return new PodLook(State.RUNNING, "running", identity);
  }

  private static boolean isKnown(Pod pod, String container) {
    var spec = pod.getSpec();
    if (spec == null) {
      return true;
    }
    Stream<String> names =
        Stream.of(
                list(spec.getContainers()).stream().map(c -> c.getName()),
                list(spec.getInitContainers()).stream().map(c -> c.getName()),
                list(spec.getEphemeralContainers()).stream().map(c -> c.getName()))
            .flatMap(all -> all);
    return names.anyMatch(container::equals);
  }

  /** Returns the status of the container; of a pod's only one if none is named. */
  private static Optional<ContainerStatus> status(Pod pod, @Nullable String container) {
    if (pod.getStatus() == null) {
      return Optional.empty();
    }
    List<ContainerStatus> all =
        Stream.of(
                list(pod.getStatus().getContainerStatuses()),
                list(pod.getStatus().getInitContainerStatuses()),
                list(pod.getStatus().getEphemeralContainerStatuses()))
            .flatMap(List::stream)
            .filter(one -> container == null || container.equals(one.getName()))
            .toList();
    return all.size() == 1 ? Optional.of(all.get(0)) : Optional.empty();
  }

  private static <T> List<T> list(@Nullable List<T> list) {
    return list == null ? List.of() : list;
  }

  /** Whether the server said how it is. */
  boolean isKnown() {
    return state != State.FORBIDDEN && state != State.UNREACHABLE;
  }

  /** Whether the container writes no more, though its log may be there. */
  boolean isOver() {
    return state == State.POD_ENDED || state == State.CONTAINER_GONE;
  }

  /** Whether this is another pod of that name, or another start of its container, than before. */
  boolean isOther(@Nullable String before) {
    return before != null && identity != null && !Objects.equals(before, identity);
  }
}
