package dev.logweir.faktory;

import java.io.IOException;

/** {@link CutConnections} with the real server. */
class RealCutConnectionTest extends CutConnections {
  @Override
  TestServer start() throws IOException {
    return RealFaktory.start("pw");
  }
}
