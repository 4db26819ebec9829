package dev.logweir.faktory;

import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.logweir.LogBatch;
import dev.logweir.testkit.Eventually;
import dev.logweir.testkit.TlsIdentity;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.ObjectName;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What an idle connection holds, and what a push does besides its batch, by measurement of a
 * hundred at once: idle after a push of the default size, then in the middle of writing to a server
 * that has stopped. The server has a process of its own.
 */
@Timeout(110)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FaktoryOverheadTest {
  private static final int CONNECTIONS = 100;
  private static final int KIB = 1024;

  /**
   * Less than this, and something was not there when it was measured. What earlier tests left
   * behind may go meanwhile, in the time of the finalizers.
   */
  private static final long LEAST_BYTES = FaktoryConnection.OUT_BUFFER_BYTES / 2;

  @TempDir static Path folder;

  @Test
  @Order(1)
  void pushAndConnection_holdWhatTheySay() throws Exception {
    try (RealFaktory server = RealFaktory.start();
        FaktoryClient client = settings(server).build()) {
      check("tcp", server, client);
    }
  }

  @Test
  @Order(2)
  void pushAndConnectionOverTls_holdWhatTheySay() throws Exception {
    TlsIdentity its = TlsIdentity.make(folder.resolve("key.p12"), "san=ip:127.0.0.1");
    try (RealFaktory server = RealFaktory.start("pw", its.keyPem(), its.certificatePem());
        FaktoryClient client = settings(server).sslContext(its.context()).build()) {
      check("tcp+tls", server, client);
    }
  }

  private static FaktoryClient.Builder settings(RealFaktory server) {
    return server
        .client()
        .poolSize(CONNECTIONS)
        .maxJobBytes(16 * KIB * KIB)
        .connectTimeout(Duration.ofMinutes(1))
        .attemptTimeout(Duration.ofMinutes(5));
  }

  private static void check(String scheme, RealFaktory server, FaktoryClient client)
      throws Exception {
    LogBatch large = LogBatch.ofBytes(Collections.nCopies(8 * KIB, new byte[KIB]));
    LogBatch usual = LogBatch.ofBytes(Collections.nCopies(45, new byte[KIB]));
    client.sender("0").send(large); // loads all classes
    client.pool().dropIdle();
    long before = heapBytes();

    useAll(client, usual);
    long idle = (heapBytes() - before) / CONNECTIONS;
    server.signal("STOP");
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < CONNECTIONS; i++) {
      Thread thread = new Thread(() -> sendToItsEnd(client, large));
      thread.start();
      threads.add(thread);
    }
    Eventually.until(() -> threads.stream().allMatch(FaktoryOverheadTest::isWriting));
    long pushing = (heapBytes() - before) / CONNECTIONS;
    for (Thread thread : threads) {
      thread.interrupt();
      thread.join();
    }

    System.out.printf("%s: idle %,d bytes, pushing %,d%n", scheme, idle, pushing);
    assertThat(idle).isBetween(LEAST_BYTES, client.maxRetainedBytes() / CONNECTIONS);
    assertThat(pushing).isBetween(2 * LEAST_BYTES, client.sender("1").maxRetainedBytes());
  }

  private static void sendToItsEnd(FaktoryClient client, LogBatch batch) {
    assertThat(catchThrowable(() -> client.sender("1").send(batch))).isNotNull();
  }

  /** Pushes once on each of as many connections as the pool has, and leaves them idle. */
  private static void useAll(FaktoryClient client, LogBatch batch) throws Exception {
    long deadline = System.nanoTime() + MINUTES.toNanos(1);
    List<FaktoryConnection> opened = new ArrayList<>();
    for (int i = 0; i < CONNECTIONS; i++) {
      FaktoryConnection connection = client.pool().borrow(deadline);
      opened.add(connection);
      connection.open(deadline);
      connection.setDeadline(deadline);
      JobWriter.Head head = client.jobs().head("1", null);
      connection.write("PUSH", out -> client.jobs().writeLog(out, head, batch));
      assertThat(connection.read().isOk()).isTrue();
    }
    opened.forEach(client.pool()::giveBack);
    assertThat(client.pool().idle()).isEqualTo(CONNECTIONS);
  }

  private static boolean isWriting(Thread thread) {
    List<String> calls =
        List.of(thread.getStackTrace()).stream().map(StackTraceElement::getMethodName).toList();
    return calls.contains("writeLog") && calls.contains("select");
  }

  /** Collects until nothing more goes: what has a finalizer goes in steps. */
  private static long heapBytes() throws Exception {
    long least = reachableBytes();
    for (int unchanged = 0; unchanged < 5; unchanged++) {
      long now = reachableBytes();
      if (now < least) {
        least = now;
        unchanged = 0;
      }
    }
    return least;
  }

  /** To the byte: what the heap uses is known in whole regions only. */
  private static long reachableBytes() throws Exception {
    String histogram =
        (String)
            ManagementFactory.getPlatformMBeanServer()
                .invoke(
                    new ObjectName("com.sun.management:type=DiagnosticCommand"),
                    "gcClassHistogram",
                    new Object[] {new String[0]},
                    new String[] {String[].class.getName()});
    Matcher total = Pattern.compile("Total +\\d+ +(\\d+)").matcher(histogram);
    assertThat(total.find()).isTrue();
    return Long.parseLong(total.group(1));
  }
}
