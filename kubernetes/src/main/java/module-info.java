/** Feeds logs with what jobs in Kubernetes' pods write. */
module dev.logweir.kubernetes {
  requires transitive dev.logweir;
  requires transitive kubernetes.client.api;
  requires kubernetes.model.core;
  requires org.slf4j;
  requires static transitive org.jspecify;

  exports dev.logweir.kubernetes;
}
