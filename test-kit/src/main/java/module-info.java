/** Tests for those who write a sender or a runner on Logweir. */
module dev.logweir.testkit {
  requires transitive dev.logweir;
  requires transitive org.assertj.core;
  requires transitive org.junit.jupiter.api;
  requires static transitive org.jspecify;

  exports dev.logweir.testkit;

  opens dev.logweir.testkit;
}
