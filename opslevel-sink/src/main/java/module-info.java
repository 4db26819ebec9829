/** A sink that ships job output to OpsLevel. */
module dev.logweir.opslevel {
  requires transitive dev.logweir;
  requires transitive micrometer.core;
  requires dev.logweir.sender;
  requires com.fasterxml.jackson.core;
  requires io.github.resilience4j.circuitbreaker;
  requires io.github.resilience4j.core;
  requires org.slf4j;
  requires static transitive org.jspecify;

  exports dev.logweir.opslevel;
}
