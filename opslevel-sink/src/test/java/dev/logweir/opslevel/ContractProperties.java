package dev.logweir.opslevel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** A whole log through the streamer, the sink and an implementation of GraphQL. */
class ContractProperties {
  private static final AtomicLong NANOS = new AtomicLong();
  private static FakeOpsLevel server;
  private static OpsLevelClient client;

  @BeforeContainer
  static void start() throws Exception {
    server = new FakeOpsLevel();
    OpsLevelClient.Builder builder =
        server.client().attempts(100).overallTimeout(Duration.ofHours(24));
    builder.nanoTime = NANOS::get;
    builder.pauses = (call, pause) -> NANOS.addAndGet(pause.toNanos());
    client = builder.build();
  }

  @AfterContainer
  static void stop() throws Exception {
    client.close();
    server.close();
  }

  /** Any bytes and lengths of lines, a server with any bound that fails now and then. */
  @Property
  void log_arrivesByteForByteInOrder(
      @ForAll("lengths") List<Integer> lengths,
      @ForAll @IntRange(min = 60_000, max = 400_000) int maxRequestBytes,
      @ForAll @IntRange(max = 40) int failurePercent,
      @ForAll boolean lastLineEnd,
      @ForAll long seed)
      throws Exception {
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    ByteArrayOutputStream arrived = new ByteArrayOutputStream();
    GraphQlApi api =
        new GraphQlApi(
            (mutation, input) -> {
              for (Object line : (List<?>) input.get("logChunk")) {
                arrived.writeBytes(Base64.getDecoder().decode((String) line));
                arrived.write('\n');
              }
              return List.of();
            });
    Random random = new Random(seed);
    server.otherwise(call -> treat(call, api, random, maxRequestBytes, failurePercent));

    LogReport report;
    try (LogStreamer log =
        LogStreamer.builder(client.sender(FakeOpsLevel.JOB))
            .maxSize(2 << 20)
            .maxLineBytes(1 << 20)
            .start()) {
      for (int i = 0; i < lengths.size(); i++) {
        byte[] line = line(random, lengths.get(i));
        boolean ended = lastLineEnd || i < lengths.size() - 1;
        log.stdout().write(line);
        written.write(line);
        if (ended || line.length > 0) {
          written.write('\n');
        }
        if (ended) {
          log.stdout().write('\n');
        }
      }
      report = log.finish(Duration.ofMinutes(1));
    }

    assertThat(server.complaints).isEmpty();
    assertThat(report.isComplete()).isTrue();
    assertThat(arrived.toByteArray()).isEqualTo(written.toByteArray());
  }

  @Provide
  Arbitrary<List<Integer>> lengths() {
    Arbitrary<Integer> length =
        Arbitraries.frequencyOf(
            Tuple.of(10, Arbitraries.integers().between(0, 3)),
            Tuple.of(10, Arbitraries.integers().between(0, 300)),
            Tuple.of(2, Arbitraries.integers().between(3_900, 4_100)),
            Tuple.of(1, Arbitraries.integers().between(8_000, 40_000)));
    return length.list().ofMaxSize(200);
  }

  /** Fails only where the lines have not been taken: nobody could tell a repetition. */
  private static void treat(
      FakeOpsLevel.Call call,
      GraphQlApi api,
      Random random,
      int maxRequestBytes,
      int failurePercent)
      throws java.io.IOException {
    boolean fails = random.nextInt(100) < failurePercent;
    call.readHead();
    if (call.contentLength() > maxRequestBytes) {
      call.readBytes(call.contentLength());
      call.respond(413, "");
    } else if (!fails) {
      call.respond(200, api.execute(call.readBytes(call.contentLength())));
    } else {
      switch (random.nextInt(4)) {
        case 0 -> call.reset();
        case 1 -> {
          call.readBytes(call.contentLength());
          call.respond(503, "");
        }
        case 2 -> {
          call.readBytes(call.contentLength());
          call.respond(429, "", "Retry-After: 3");
        }
        default -> {
          call.readBytes(call.contentLength());
          call.respond(200, "{\"errors\":[{\"message\":\"later\"}]}");
        }
      }
    }
  }

  private static byte[] line(Random random, int length) {
    byte[] line = new byte[length];
    random.nextBytes(line);
    for (int i = 0; i < length; i++) {
      line[i] = line[i] == '\n' ? (byte) '\r' : line[i];
    }
    return line;
  }
}
