package dev.logweir.testkit;

import dev.logweir.BatchSender;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;

/** The contract, kept by a sender that is whole. */
class FrameSenderTest extends BatchSenderContract {
  @Override
  protected BatchSender sender(InetSocketAddress server) {
    return new FrameSender(server, FrameSender.Flaw.NONE);
  }

  @Override
  protected List<byte[]> receive(Connection connection) throws IOException {
    return FrameSender.receive(connection);
  }

  @Override
  protected void accept(Connection connection) throws IOException {
    connection.send("OK\n");
  }

  @Override
  protected List<String> secrets() {
    return List.of(FrameSender.TOKEN);
  }
}
