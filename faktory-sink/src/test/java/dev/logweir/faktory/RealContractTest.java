package dev.logweir.faktory;

import java.io.IOException;

/** {@link Contract} with the real server. */
class RealContractTest extends Contract {
  @Override
  TestServer start(String password) throws IOException {
    return RealFaktory.start(password);
  }
}
