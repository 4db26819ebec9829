package dev.logweir.kubernetes;

import org.jspecify.annotations.Nullable;

/** A container of a pod, or a pod whose default container is meant. */
record PodTarget(String namespace, String pod, @Nullable String container) {
  /** Returns it for a message. */
  @Override
  public String toString() {
    return "pod " + namespace + "/" + pod + (container == null ? "" : ", container " + container);
  }
}
