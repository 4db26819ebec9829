/** A sink that ships job output to OpsLevel. */
module dev.logweir.opslevel {
  requires transitive dev.logweir;
  requires transitive micrometer.core;
  requires com.fasterxml.jackson.core;
  requires io.github.resilience4j.circuitbreaker;
  requires io.github.resilience4j.core;
  requires io.github.resilience4j.retry;
  requires org.slf4j;
  requires static transitive org.jspecify;

  exports dev.logweir.opslevel;
}
