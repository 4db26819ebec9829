package dev.logweir.opslevel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.logweir.LogBatch;
import dev.logweir.testkit.TlsIdentity;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a send holds besides its batch, by measurement, in the middle of writing its body. The
 * server is in a process of its own: nothing of it is measured.
 */
@Timeout(120)
class OpsLevelOverheadTest {
  private static final int SENDS = 100;

  @TempDir static Path folder;

  @Test
  void send_holdsWhatItSays() throws Exception {
    assertThat(bytesOfASend("http", OpsLevelClient.builder())).isBetween(13L << 10, 96L << 10);
  }

  @Test
  void sendOverTls_holdsWhatItSays() throws Exception {
    SSLContext context = TlsIdentity.make(folder.resolve("key.p12"), "san=ip:127.0.0.1").context();

    long bytes =
        bytesOfASend(
            "https",
            OpsLevelClient.builder().sslContext(context),
            folder.resolve("key.p12").toString(),
            TlsIdentity.PASSWORD);

    assertThat(bytes).isBetween(32L << 10, 96L << 10);
  }

  private static long bytesOfASend(
      String scheme, OpsLevelClient.Builder builder, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-cp");
    // The place that a class tells is that of its module, if the test is patched into one.
    command.add(System.getProperty("java.class.path"));
    command.add(StalledServer.class.getName());
    command.addAll(List.of(arguments));
    Process server =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (BufferedReader said =
        new BufferedReader(new InputStreamReader(server.getInputStream(), US_ASCII))) {
      builder.apiUrl(scheme + "://127.0.0.1:" + said.readLine()).token("t").runnerId("r");
      return bytesOfASend(builder, said);
    } finally {
      server.destroyForcibly();
      assertThat(server.waitFor(50, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static long bytesOfASend(OpsLevelClient.Builder builder, BufferedReader stalled)
      throws Exception {
    LogBatch batch = LogBatch.ofBytes(Collections.nCopies(8 * 1024, new byte[1024]));
    List<Thread> threads = new ArrayList<>();
    try (OpsLevelClient client = builder.build()) {
      client.sender(FakeOpsLevel.JOB).send(List.of("loads all classes"));
      long before = heapBytes();
      for (int i = 0; i < SENDS; i++) {
        Thread thread = new Thread(() -> sendToItsEnd(client, batch));
        thread.start();
        threads.add(thread);
      }
      for (int i = 0; i < SENDS; i++) {
        assertThat(stalled.read()).isEqualTo('x');
      }
      long held = (heapBytes() - before) / SENDS;
      threads.forEach(Thread::interrupt);
      for (Thread thread : threads) {
        thread.join(50_000);
      }
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
