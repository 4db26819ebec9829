/** What a sender needs besides its protocol: attempts, pauses, a gate, checks. */
module dev.logweir.sender {
  requires transitive dev.logweir;
  requires io.github.resilience4j.core;
  requires io.github.resilience4j.retry;
  requires java.net.http;
  requires org.slf4j;
  requires static transitive org.jspecify;

  exports dev.logweir.sender;
}
