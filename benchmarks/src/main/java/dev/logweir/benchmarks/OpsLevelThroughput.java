package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.management.OperatingSystemMXBean;
import dev.logweir.LogBatch;
import dev.logweir.opslevel.OpsLevelClient;
import dev.logweir.opslevel.OpsLevelSender;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * Question: how much do 100 jobs ship through one client, and what CPU does that cost?
 *
 * <p>Workload: 100 threads send a batch of 240 KiB in lines of 100 bytes, over and over, each for a
 * job of its own, over HTTP to a server on loopback that reads and accepts all. The server is a
 * process of its own, whose CPU is not counted. CPU is that of all threads of this process, after 5
 * s of warming up, for 10 s.
 *
 * <p>Command: {@code java -cp benchmarks/target/benchmarks.jar
 * dev.logweir.benchmarks.OpsLevelThroughput}
 */
public final class OpsLevelThroughput {
  private static final int JOBS = 100;
  private static final int BATCH_BYTES = 240 << 10;
  private static final int WARM_UP_SECONDS = 5;
  private static final int SECONDS = 10;
  private static final byte[] ACCEPTED =
      "{\"data\":{\"runnerAppendJobLog\":{\"errors\":[]}}}".getBytes(UTF_8);
  private static final byte[] HEAD =
      ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
              + ACCEPTED.length
              + "\r\n\r\n")
          .getBytes(ISO_8859_1);

  private OpsLevelThroughput() {}

  /** Measures and prints, or is the server. */
  public static void main(String[] args) throws Exception {
    if (List.of(args).contains("server")) {
      serve();
      return;
    }
    Process server =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                OpsLevelThroughput.class.getName(),
                "server")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader port =
        new BufferedReader(new InputStreamReader(server.getInputStream(), UTF_8))) {
      measure(Integer.parseInt(port.readLine()));
    } finally {
      server.destroy();
    }
  }

  private static void measure(int port) throws Exception {
    byte[] text = Workload.of("100").bytes();
    String[] lines = new String(text, 0, BATCH_BYTES / 100 * 100, UTF_8).split("\n", -1);
    List<String> batch = Arrays.asList(lines).subList(0, lines.length - 1);
    LongAdder sent = new LongAdder();
    List<Future<?>> senders = new ArrayList<>();
    ExecutorService threads = Executors.newFixedThreadPool(JOBS);
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    try (OpsLevelClient client =
        OpsLevelClient.builder()
            .apiUrl("http://127.0.0.1:" + port)
            .token("token")
            .runnerId("runner")
            .build()) {
      long begun = System.nanoTime();
      long from = begun + TimeUnit.SECONDS.toNanos(WARM_UP_SECONDS);
      long to = from + TimeUnit.SECONDS.toNanos(SECONDS);
      for (int job = 0; job < JOBS; job++) {
        OpsLevelSender sender = client.sender("job-" + job);
        LogBatch ofJob = LogBatch.of(batch);
        senders.add(
            threads.submit(
                () -> {
                  while (System.nanoTime() < to) {
                    sender.send(ofJob);
                    if (System.nanoTime() > from) {
                      sent.increment();
                    }
                  }
                  return null;
                }));
      }
      boolean ended = threads.awaitTermination(WARM_UP_SECONDS, TimeUnit.SECONDS);
      long cpu = system.getProcessCpuTime();
      threads.shutdown();
      ended |= threads.awaitTermination(SECONDS + 60, TimeUnit.SECONDS);
      if (!ended || sent.sum() == 0) {
        throw new IllegalStateException("nothing was sent");
      }
      for (Future<?> sender : senders) {
        sender.get(); // throws what ended it
      }
      double seconds = (System.nanoTime() - from) / 1e9;
      double megabytes = sent.sum() * (double) (BATCH_BYTES / 100 * 100) / 1e6;
      System.out.printf(
          Locale.ROOT,
          "%d jobs: %,.0f lines/s, %.1f MB/s of log, %.2f ms of CPU per MB of log%n",
          JOBS,
          sent.sum() * (double) batch.size() / seconds,
          megabytes / seconds,
          (system.getProcessCpuTime() - cpu) / 1e6 / megabytes);
    }
  }

  private static void serve() throws IOException {
    ServerSocket server = new ServerSocket(0, 2 * JOBS, InetAddress.getLoopbackAddress());
    System.out.println(server.getLocalPort());
    while (true) {
      Socket socket = server.accept();
      Thread thread = new Thread(() -> serve(socket));
      thread.setDaemon(true);
      thread.start();
    }
  }

  private static void serve(Socket socket) {
    try (socket) {
      socket.setTcpNoDelay(true);
      InputStream in = new BufferedInputStream(socket.getInputStream(), 64 << 10);
      byte[] answer = Arrays.copyOf(HEAD, HEAD.length + ACCEPTED.length);
      System.arraycopy(ACCEPTED, 0, answer, HEAD.length, ACCEPTED.length);
      while (true) {
        in.skipNBytes(contentLength(in));
        socket.getOutputStream().write(answer);
      }
    } catch (IOException ignored) {
      // the client has gone
    }
  }

  /** Reads a head. */
  private static long contentLength(InputStream in) throws IOException {
    long length = -1;
    StringBuilder line = new StringBuilder();
    while (true) {
      int b = in.read();
      if (b < 0) {
        throw new IOException("the end");
      }
      if (b != '\n') {
        line.append((char) b);
        continue;
      }
      String text = line.toString().strip().toLowerCase(Locale.ROOT);
      if (text.isEmpty()) {
        return length;
      }
      if (text.startsWith("content-length:")) {
        length = Long.parseLong(text.substring(15).strip());
      }
      line.setLength(0);
    }
  }
}
