/** A program of modules that ships through both sinks, and can run a command in a pod. */
module consumer {
  requires dev.logweir.faktory;
  requires dev.logweir.kubernetes;
  requires dev.logweir.opslevel;
  requires jdk.httpserver;
}
