/** A sink that ships job output to a Faktory server. */
module dev.logweir.faktory {
  requires transitive dev.logweir;
  requires transitive micrometer.core;
  requires com.fasterxml.jackson.core;
  requires io.github.resilience4j.core;
  requires io.github.resilience4j.retry;
  requires org.apache.commons.pool2;
  requires org.slf4j;
  requires static transitive org.jspecify;

  exports dev.logweir.faktory;
}
