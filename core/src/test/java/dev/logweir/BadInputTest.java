package dev.logweir;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.logweir.testkit.FakeProcess;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Values out of range, null, and output that no one expects. */
@Timeout(120)
class BadInputTest {
  private final LogweirEngine engine = LogweirEngine.builder().build();
  private final ByteArrayOutputStream arrived = new ByteArrayOutputStream();
  private final BatchSender sender = this::keepBytes;

  private void keepBytes(List<String> lines) {
    LineReader reader = LogBatch.of(lines).reader();
    byte[] bytes = new byte[4 << 10];
    while (reader.next()) {
      for (int count = reader.read(bytes, 0, bytes.length);
          count > 0;
          count = reader.read(bytes, 0, bytes.length)) {
        arrived.write(bytes, 0, count);
      }
      arrived.write('\n');
    }
  }

  @AfterEach
  void closeEngine() {
    engine.close();
  }

  private LogStreamer.Builder job() {
    return LogStreamer.builder(sender).engine(engine);
  }

  private static void assertRefused(String message, ThrowingCallable call) {
    assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
  }

  // ---- numbers and durations ----

  @ParameterizedTest
  @ValueSource(ints = {0, -1, -2147483648, 4095, 67108865, 2147483647})
  void maxSize_outOfRangeIsRefused(int size) {
    String message = "maxSize must be from 4 KiB to 64 MiB: " + size;
    assertRefused(message, () -> job().maxSize(size));
    assertRefused(message, () -> BatchShipper.builder(sender).maxSize(size));
  }

  @ParameterizedTest
  @ValueSource(ints = {4096, 4097, 5000, 65535, 65536, 65537, 67108864})
  void maxSize_inRangeIsTaken(int size) {
    LogStreamer log = job().maxSize(size).start();
    log.stdout().write("one\n".getBytes(UTF_8));
    assertThat(log.finish(Duration.ofSeconds(30)).isComplete()).isTrue();
    assertThat(log.maxRetainedBytes()).isEqualTo(6L * size + (16 << 10));
  }

  @Test
  void maxLineBytes_outOfRangeIsRefused() {
    assertRefused("maxLineBytes must be from 256 B to 32 MiB: 0", () -> job().maxLineBytes(0));
    assertRefused("maxLineBytes must be from 256 B to 32 MiB: 255", () -> job().maxLineBytes(255));
    assertRefused("maxLineBytes must be from 256 B to 32 MiB: -1", () -> job().maxLineBytes(-1));
    assertRefused(
        "maxLineBytes must be from 256 B to 32 MiB: 33554433",
        () -> job().maxLineBytes(33_554_433));
    assertRefused(
        "maxLineBytes must be from 256 B to 32 MiB: 1",
        () -> BatchShipper.builder(sender).maxLineBytes(1));
  }

  @Test
  void maxLineBytes_overHalfOfMaxSizeIsAContradiction() {
    assertRefused(
        "maxLineBytes must be at most half of maxSize, 2048 B: 2049",
        () -> job().maxLineBytes(2_049).maxSize(4_096).start());
    assertRefused(
        "maxLineBytes must be at most half of maxSize, 2048 B: 2049",
        () -> BatchShipper.builder(sender).maxSize(4_096).maxLineBytes(2_049).start());
    job().maxSize(4_096).maxLineBytes(2_048).start().close();
  }

  @Test
  void recentLineBytes_outOfRangeIsRefused() {
    assertRefused("recentLineBytes must be from 0 B to 1 MiB: -1", () -> job().recentLineBytes(-1));
    assertRefused(
        "recentLineBytes must be from 0 B to 1 MiB: 1048577",
        () -> job().recentLineBytes(1_048_577));
  }

  @Test
  void durations_outOfRangeAreRefused() {
    Duration negative = Duration.ofNanos(-1);
    Duration tooLong = Duration.ofDays(1).plusNanos(1);
    Duration longest = Duration.ofSeconds(Long.MAX_VALUE);
    assertRefused(
        "maxInterval must be from 0 ms to 24 h: PT-0.000000001S",
        () -> job().maxInterval(negative));
    assertRefused(
        "maxInterval must be from 0 ms to 24 h: PT24H0.000000001S",
        () -> job().maxInterval(tooLong));
    assertThatIllegalArgumentException().isThrownBy(() -> job().maxInterval(longest));
    assertRefused(
        "flushTimeout must be from 0 ms to 24 h: PT-0.000000001S",
        () -> job().flushTimeout(negative));
    assertThatIllegalArgumentException().isThrownBy(() -> job().flushTimeout(tooLong));
    assertThatIllegalArgumentException().isThrownBy(() -> job().flushTimeout(longest));
    assertRefused("maxWait must be from 1 ms to 24 h: PT0S", () -> job().maxWait(Duration.ZERO));
    assertThatIllegalArgumentException().isThrownBy(() -> job().maxWait(tooLong));
    BatchShipper.Builder shipper = BatchShipper.builder(sender);
    assertThatIllegalArgumentException().isThrownBy(() -> shipper.maxInterval(negative));
    assertThatIllegalArgumentException().isThrownBy(() -> shipper.flushTimeout(tooLong));
  }

  @Test
  void timeouts_outOfRangeAreRefusedAndEndNothing() {
    LogStreamer log = job().start();
    Duration negative = Duration.ofNanos(-1);
    assertRefused("timeout must be from 0 ms to 24 h: PT-0.000000001S", () -> log.finish(negative));
    assertThatIllegalArgumentException().isThrownBy(() -> log.finish(Duration.ofDays(2)));
    assertThatIllegalArgumentException().isThrownBy(() -> engine.close(negative));
    log.stdout().write("one\n".getBytes(UTF_8));
    assertThat(log.finish(Duration.ofSeconds(30)).sink().shipped()).isEqualTo(new Tally(1, 4));
  }

  @Test
  void counts_outOfRangeAreRefused() {
    LogStreamer.Builder job = job().sink(sender).sink(sender).sink(sender);
    assertRefused("number of sinks must be from 1 to 4: 5", () -> job.sink(sender));
    for (int i = 0; i < 8; i++) {
      job.processor(line -> {});
    }
    assertRefused("number of processors must be from 1 to 8: 9", () -> job.processor(line -> {}));
    LogweirEngine.Builder builder = LogweirEngine.builder();
    assertRefused(
        "maxConcurrentSends must be from 1 to 65536: 0", () -> builder.maxConcurrentSends(0));
    assertRefused(
        "maxConcurrentSends must be from 1 to 65536: 65537",
        () -> builder.maxConcurrentSends(65_537));
    assertRefused("budget must be at least 64 KiB: 65535", () -> MemoryBudget.of(65_535));
    assertRefused("budget must be at least 64 KiB: -1", () -> MemoryBudget.of(-1));
  }

  @Test
  void prefix_blankOrTakenIsRefused() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    assertRefused("prefix must not be blank: ' '", () -> LogweirMetrics.register(registry, " "));
    LogweirMetrics.register(registry);
    assertRefused(
        "prefix must be new in the registry: logweir", () -> LogweirMetrics.register(registry));
  }

  @Test
  void reserveThatTheBudgetHasNot_isRefusedNamingBothNumbers() {
    MemoryBudget budget = MemoryBudget.of(64 << 10);
    LogweirEngine limited = LogweirEngine.builder().budget(budget).build();
    for (int i = 0; i < 5; i++) {
      job().engine(limited).start();
    }
    assertThat(budget.usedBytes()).isEqualTo(5 * 3 * 4_096);
    assertThatIllegalStateException()
        .isThrownBy(() -> job().engine(limited).start())
        .withMessage("the budget must have room for the job's reserve of 12288 B: 4096");
    assertThat(budget.usedBytes()).isEqualTo(5 * 3 * 4_096);
    limited.close();
    assertThat(budget.usedBytes()).isZero();
  }

  // ---- null ----

  @Test
  void null_isRefusedWhereItIsGiven() {
    assertNull("sender", () -> LogStreamer.builder(null));
    assertNull("sender", () -> BatchShipper.builder(null));
    assertNull("sender", () -> job().sink(null));
    assertNull("processor", () -> job().processor(null));
    assertNull("listener", () -> job().listener(null));
    assertNull("engine", () -> job().engine(null));
    assertNull("maxInterval", () -> job().maxInterval(null));
    assertNull("flushTimeout", () -> job().flushTimeout(null));
    assertNull("maxWait", () -> job().maxWait(null));
    assertNull("overflow", () -> job().overflow(null));
    assertNull("whenFull", () -> job().whenFull(null));
    assertNull("afterLog", () -> job().afterLog(null));
    BatchShipper.Builder shipper = BatchShipper.builder(sender);
    assertNull("engine", () -> shipper.engine(null));
    assertNull("maxInterval", () -> shipper.maxInterval(null));
    assertNull("flushTimeout", () -> shipper.flushTimeout(null));
    assertNull("overflow", () -> shipper.overflow(null));
    LogweirEngine.Builder builder = LogweirEngine.builder();
    assertNull("sendExecutor", () -> builder.sendExecutor(null));
    assertNull("budget", () -> builder.budget(null));
    assertNull("metrics", () -> builder.metrics(null));
    assertNull("timeout", () -> engine.close(null));
    assertNull("registry", () -> LogweirMetrics.register(null));
    assertNull("prefix", () -> LogweirMetrics.register(new SimpleMeterRegistry(), null));
    assertNull("kind", () -> new SendException(null, "text", null));
    assertNull("message", () -> new SendException(SendException.Kind.FAILED, null, null));
    try (LogStreamer log = job().start()) {
      assertNull("timeout", () -> log.finish(null));
      assertNull("process", () -> log.pump(null));
    }
  }

  private static void assertNull(String name, ThrowingCallable call) {
    assertThatNullPointerException().isThrownBy(call).withMessage(name);
  }

  @Test
  void writeOfNullOrOutOfBounds_throwsAndTakesNothing() {
    try (LogStreamer log = job().start()) {
      SafeBuffer out = log.stdout();
      byte[] bytes = new byte[4];
      assertThatNullPointerException().isThrownBy(() -> out.write(null));
      assertThatNullPointerException().isThrownBy(() -> out.write(null, 0, 0));
      for (int[] range :
          new int[][] {{-1, 1}, {0, -1}, {0, 5}, {4, 1}, {5, 0}, {2, Integer.MAX_VALUE}}) {
        assertThatExceptionOfType(IndexOutOfBoundsException.class)
            .isThrownBy(() -> out.write(bytes, range[0], range[1]));
      }
      out.write(bytes, 4, 0);
      out.write(new byte[0]);
      out.flush();
      assertThat(log.report().sink().accepted()).isEqualTo(Tally.NONE);
      assertThat(log.retainedBytes()).isZero();
    }
  }

  // ---- output ----

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\u0000\u0001\u0000\n",
        "\u00ff\u00fe\u00c3\n\u00c3(\n\u00e2\u0082\n\u00f0\u009f\u0098\n",
        "dos\r\nline\r\n",
        "10 %\r20 %\r100 %\n",
        "\r\n\r\r\n\r",
        "\u001b[31mred\u001b[0m\u0007\u001b]0;title\u0007\n",
        "\n\n\n",
        "no end",
        "\u0085 \u00e2\u0080\u00a8 \u000b \u000c\n"
      })
  void oddBytes_arriveAsTheyWereWritten(String latin) {
    byte[] bytes = latin.getBytes(ISO_8859_1);
    LogStreamer log = job().maxSize(4 << 10).start();
    log.stdout().write(bytes);
    assertThat(log.finish(Duration.ofSeconds(30)).isComplete()).isTrue();
    String expected = latin.endsWith("\n") ? latin : latin + "\n";
    assertThat(arrived.toString(ISO_8859_1)).isEqualTo(expected);
  }

  @Test
  void bytesOneByOne_arriveAsTheyWereWritten() {
    LogStreamer log = job().maxSize(4 << 10).start();
    for (int b = -128; b < 384; b++) {
      log.stdout().write(b);
    }
    assertThat(log.finish(Duration.ofSeconds(30)).sink().accepted()).isEqualTo(new Tally(3, 512));
    byte[] bytes = arrived.toByteArray();
    assertThat(bytes).hasSize(513);
    for (int i = 0; i < 512; i++) {
      assertThat(bytes[i]).isEqualTo((byte) (i - 128));
    }
  }

  @Test
  void lineOf100Megabytes_goesOutInFragmentsThatJoinToIt() throws Exception {
    AtomicLong text = new AtomicLong();
    LogStreamer log =
        LogStreamer.builder(
                lines -> {
                  LineReader reader = LogBatch.of(lines).reader();
                  byte[] bytes = new byte[128 << 10];
                  while (reader.next()) {
                    int length = reader.read(bytes, 0, bytes.length);
                    int end = length;
                    String mark = ": continued]";
                    if (length > mark.length()
                        && new String(bytes, length - mark.length(), mark.length(), ISO_8859_1)
                            .equals(mark)) {
                      end -= Markers.Mark.CONTINUED.length();
                    }
                    for (int i = 0; i < end; i++) {
                      if (bytes[i] != 'y') {
                        throw new AssertionError("not of the line: " + bytes[i]);
                      }
                    }
                    text.addAndGet(end);
                  }
                })
            .engine(engine)
            .whenFull(WhenFull.WAIT)
            .start();
    byte[] part = "y".repeat(1 << 20).getBytes(UTF_8);
    long written = 0;
    java.io.InputStream endless =
        new java.io.InputStream() {
          private long left = 100L << 20;

          @Override
          public int read() {
            throw new UnsupportedOperationException();
          }

          @Override
          public int read(byte[] target, int offset, int length) {
            if (left == 0) {
              return -1;
            }
            int count = (int) Math.min(left, Math.min(length, part.length));
            System.arraycopy(part, 0, target, offset, count);
            left -= count;
            return count;
          }
        };
    log.pump(new FakeProcess(endless, java.io.InputStream.nullInputStream()));
    written += 100L << 20;
    SinkReport report = log.finish(Duration.ofSeconds(60)).sink();
    assertThat(report.isComplete()).isTrue();
    assertThat(report.accepted()).isEqualTo(new Tally(1, written));
    assertThat(report.shipped()).isEqualTo(new Tally(1, written));
    assertThat(text).hasValue(written);
  }

  @Test
  void lineOf100Megabytes_withAStalledSenderIsCutAndCounted() throws Exception {
    StallingSender stalled = StallingSender.stalled();
    LogStreamer log = LogStreamer.builder(stalled).engine(engine).maxSize(64 << 10).start();
    byte[] part = "y".repeat(1 << 20).getBytes(UTF_8);
    for (int i = 0; i < 100; i++) {
      log.stdout().write(part);
      assertThat(log.retainedBytes()).isLessThanOrEqualTo(6 * (64 << 10));
    }
    log.stdout().write("\nnext\n".getBytes(UTF_8));
    stalled.recover();
    SinkReport report = log.finish(Duration.ofSeconds(60)).sink();
    assertThat(report.accepted()).isEqualTo(new Tally(2, (100L << 20) + 6));
    assertThat(report.shipped().plus(report.droppedTotal())).isEqualTo(report.accepted());
    assertThat(stalled.lines())
        .allMatch(
            line -> line.startsWith("y") || line.startsWith("[logweir] ") || line.equals("next"));
  }

  @Test
  void tenMillionEmptyLines_areCountedAndBounded() {
    AtomicLong lines = new AtomicLong();
    LogStreamer log =
        LogStreamer.builder(batch -> lines.addAndGet(batch.size())).engine(engine).start();
    byte[] empty = "\n".repeat(100_000).getBytes(UTF_8);
    for (int i = 0; i < 100; i++) {
      log.stdout().write(empty);
      assertThat(log.retainedBytes()).isLessThanOrEqualTo(6 * (256 << 10));
    }
    SinkReport report = log.finish(Duration.ofSeconds(60)).sink();
    assertThat(report.accepted()).isEqualTo(new Tally(10_000_000, 10_000_000));
    assertThat(report.shipped().plus(report.droppedTotal())).isEqualTo(report.accepted());
    assertThat(lines.get()).isGreaterThanOrEqualTo(report.shipped().lines());
  }
}
