package dev.logweir.testkit;

import dev.logweir.BatchSender;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;

/** The contract, kept by a sender that is whole. */
class FrameSenderTest extends BatchSenderContract {
  @Override
  protected BatchSender sender(InetSocketAddress server) {
    return new FrameSender(server, flaw(), tls(), new Semaphore(1));
  }

  FrameSender.Flaw flaw() {
    return FrameSender.Flaw.NONE;
  }

  @Override
  protected List<BatchSender> sendersOfOneClient(InetSocketAddress server, int jobs) {
    Semaphore turn = new Semaphore(1);
    return Stream.generate(() -> (BatchSender) new FrameSender(server, flaw(), tls(), turn))
        .limit(jobs)
        .toList();
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
  protected boolean defer(Connection connection) throws IOException {
    connection.send("...");
    return true;
  }

  @Override
  protected List<String> secrets() {
    return List.of(FrameSender.TOKEN);
  }
}
