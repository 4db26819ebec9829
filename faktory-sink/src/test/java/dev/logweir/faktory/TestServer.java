package dev.logweir.faktory;

import java.io.IOException;

/** A server to test against: the real one, or the one within this process. */
interface TestServer extends AutoCloseable {
  int port();

  String url();

  /** Empty if it wants none. */
  String password();

  /** A client that knows the password and makes no pauses. */
  default FaktoryClient.Builder client() {
    FaktoryClient.Builder builder = PassedTime.in(FaktoryClient.builder().url(url()));
    return password().isEmpty() ? builder : builder.password(password());
  }

  default Receiver receiver() throws IOException {
    return new Receiver(port(), password());
  }

  @Override
  void close() throws IOException;
}
