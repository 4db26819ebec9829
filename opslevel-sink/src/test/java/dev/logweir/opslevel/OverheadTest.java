package dev.logweir.opslevel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.logweir.LogBatch;
import dev.logweir.RawBatch;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a send holds besides its batch, by measurement, in the middle of writing its body. */
@Timeout(60)
class OverheadTest {
  private static final int SENDS = 100;

  @TempDir static Path folder;

  @Test
  void send_holdsWhatItSays() throws Exception {
    ServerSocket socket = new ServerSocket();
    socket.setReceiveBufferSize(16 * 1024);
    socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), SENDS);
    FakeOpsLevel server = new FakeOpsLevel(socket);

    // The server's part is in it: 8 KiB for what it reads.
    assertThat(bytesOfASend(server, server.client())).isBetween(8L * 1024, 64L * 1024);
  }

  @Test
  void sendOverTls_holdsWhatItSays() throws Exception {
    SSLContext context = TlsTest.context(folder, "san=ip:127.0.0.1", "key.p12");
    FakeOpsLevel server = TlsTest.tlsServer(context);

    // Both ends of each connection are in it, with equal buffers for TLS.
    assertThat(bytesOfASend(server, server.client().sslContext(context)))
        .isBetween(16L * 1024, 2 * 64L * 1024);
  }

  private static long bytesOfASend(FakeOpsLevel server, OpsLevelClient.Builder builder)
      throws Exception {
    LogBatch batch = RawBatch.of(Collections.nCopies(8 * 1024, new byte[1024])).batch();
    CountDownLatch writing = new CountDownLatch(SENDS);
    CountDownLatch over = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    try (server;
        OpsLevelClient client = builder.build()) {
      client.sender(FakeOpsLevel.JOB).send(List.of("loads all classes"));
      server.otherwise(
          call -> {
            call.readHead();
            call.readBytes(1_000);
            writing.countDown();
            try {
              over.await();
            } catch (InterruptedException e) {
              throw new java.io.IOException(e);
            }
          });
      long before = heapBytes();
      for (int i = 0; i < SENDS; i++) {
        Thread thread = new Thread(() -> sendToItsEnd(client, batch));
        thread.start();
        threads.add(thread);
      }
      assertThat(writing.await(50, TimeUnit.SECONDS)).isTrue();
      long held = (heapBytes() - before) / SENDS;
      threads.forEach(Thread::interrupt);
      for (Thread thread : threads) {
        thread.join(50_000);
      }
      over.countDown();
      return held;
    }
  }

  private static void sendToItsEnd(OpsLevelClient client, LogBatch batch) {
    assertThat(catchThrowable(() -> client.sender(FakeOpsLevel.JOB).send(batch))).isNotNull();
  }

  private static long heapBytes() {
    System.gc();
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP)
        .map(MemoryPoolMXBean::getCollectionUsage)
        .mapToLong(usage -> usage == null ? 0 : usage.getUsed())
        .sum();
  }
}
