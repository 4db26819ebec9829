/** A small runner to try Logweir with. */
module dev.logweir.examples {
  requires com.fasterxml.jackson.core;
  requires dev.logweir;
  requires dev.logweir.faktory;
  requires dev.logweir.kubernetes;
  requires kubernetes.model.common;
  requires kubernetes.model.core;
  requires dev.logweir.opslevel;
  requires info.picocli;
  requires java.management;
  requires jdk.httpserver;
  requires org.slf4j;
  requires static org.jspecify;

  provides org.slf4j.spi.SLF4JServiceProvider with
      dev.logweir.examples.LogProvider;

  opens dev.logweir.examples to
      info.picocli;
}
