package dev.logweir.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClient;
import org.jspecify.annotations.Nullable;

/** A container of a pod, or a pod whose default container is meant. */
record PodTarget(String namespace, String pod, @Nullable String container) {
  /**
   * Returns the one that a builder was given.
   *
   * @param namespace null for the client's own
   * @throws IllegalStateException if no pod was given, or no namespace, where the client has none
   */
  static PodTarget of(
      KubernetesClient client,
      @Nullable String namespace,
      @Nullable String pod,
      @Nullable String container) {
    String inNamespace = namespace == null ? client.getNamespace() : namespace;
    if (pod == null || inNamespace == null) {
      throw new IllegalStateException((pod == null ? "pod" : "namespace") + " must be set");
    }
    return new PodTarget(inNamespace, pod, container);
  }

  /** Returns it for a message. */
  @Override
  public String toString() {
    return "pod " + namespace + "/" + pod + (container == null ? "" : ", container " + container);
  }
}
