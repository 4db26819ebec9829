/** Ships the output of jobs to a remote API within a fixed amount of memory. */
module dev.logweir {
  requires transitive micrometer.core;
  requires transitive org.slf4j;
  requires static transitive org.jspecify;

  exports dev.logweir;
}
