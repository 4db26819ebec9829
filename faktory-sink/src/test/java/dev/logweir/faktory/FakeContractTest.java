package dev.logweir.faktory;

import java.io.IOException;

/** {@link Contract} with the server of the tests. */
class FakeContractTest extends Contract {
  @Override
  TestServer start(String password) throws IOException {
    return new FakeFaktory(password);
  }
}
