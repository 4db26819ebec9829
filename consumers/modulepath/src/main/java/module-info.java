/** A program of modules that ships through both sinks. */
module consumer {
  requires dev.logweir.faktory;
  requires dev.logweir.opslevel;
  requires jdk.httpserver;
}
