package dev.logweir.faktory;

import java.io.IOException;

/** {@link CutConnections} with the server of the tests. */
class FakeCutConnectionTest extends CutConnections {
  @Override
  TestServer start() throws IOException {
    return new FakeFaktory("pw");
  }
}
