package dev.logweir.faktory;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A connection that is cut after each number of bytes, in either direction. */
@Timeout(110)
abstract class CutConnections {
  private int repeated;

  abstract TestServer start() throws IOException;

  @Test
  void lines_arriveOnceOrAgainUnderTheSameJid() throws Exception {
    try (TestServer server = start();
        CuttingProxy proxy = new CuttingProxy(server.port());
        Receiver receiver = server.receiver()) {
      push(proxy, "uncut");
      receiver.takeAll("app");
      // Not before: the JVM opens some of its own at the first use of this or that.
      long descriptors = Descriptors.count();
      long toServer = proxy.sentToServer.get();
      long toClient = proxy.sentToClient.get();
      assertThat(toServer).isBetween(200L, 2_000L);
      assertThat(toClient).isBetween(20L, 200L);

      cutEach(proxy, proxy.toServer, toServer, receiver);
      cutEach(proxy, proxy.toClient, toClient, receiver);

      System.out.printf(
          "cut after each of %d bytes to the server and %d from it: %d jobs came twice%n",
          toServer, toClient, repeated);
      // At least that whose OK was cut.
      assertThat(repeated).isPositive();
      Descriptors.awaitAtMost(descriptors);
    }
  }

  private void cutEach(CuttingProxy proxy, AtomicLong cut, long bytes, Receiver receiver)
      throws Exception {
    for (long after = 0; after < bytes; after++) {
      cut.set(after);
      String line = "cut after " + after;

      push(proxy, line);

      Set<String> jids = new LinkedHashSet<>();
      List<ReceivedJob> jobs = receiver.takeAll("app");
      for (ReceivedJob job : jobs) {
        jids.add(job.jid());
        assertThat(job.lines()).containsExactly(line.getBytes(UTF_8));
      }
      assertThat(jids).hasSize(1);
      assertThat(jobs).hasSizeLessThanOrEqualTo(2);
      repeated += jobs.size() - 1;
      cut.set(-1);
    }
  }

  private static void push(CuttingProxy proxy, String line) throws Exception {
    FaktoryClient.Builder builder =
        PassedTime.in(FaktoryClient.builder().url(proxy.url()).password("pw"));
    try (FaktoryClient client = builder.build()) {
      client.sender("1").send(List.of(line));
    }
  }
}
