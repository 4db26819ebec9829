/** A sink that ships job output to a Faktory server. */
module dev.logweir.faktory {
  requires transitive dev.logweir;
  requires transitive micrometer.core;
  requires dev.logweir.sender;
  requires com.fasterxml.jackson.core;
  requires org.apache.commons.pool2;
  requires org.slf4j;
  requires static transitive org.jspecify;

  exports dev.logweir.faktory;
}
