package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.testkit.FakeProcess;
import dev.logweir.testkit.ManualTime;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a job may hold, in literals, and that it makes use of it. */
@Timeout(60)
class RetainedBytesTest {
  private static final String LINE = "x".repeat(99) + "\n";

  private final ManualTime time = new ManualTime();
  private final LogweirEngine engine = LogweirEngine.builder().time(time).build();
  private final StallingSender sender = new StallingSender();

  @AfterEach
  void closeEngine() {
    sender.recover();
    engine.close();
  }

  private LogStreamer.Builder job() {
    return LogStreamer.builder(sender).engine(engine);
  }

  private static BatchSender withOverhead(int bytes) {
    return new BatchSender() {
      @Override
      public void send(List<String> lines) {}

      @Override
      public long maxRetainedBytes() {
        return bytes;
      }
    };
  }

  @Test
  void oneSink_is6TimesMaxSizeAndTheFixedPart() {
    assertThat(job().maxRetainedBytes()).isEqualTo(6 * 262_144 + 16_384);
    assertThat(job().maxSize(4_096).maxRetainedBytes()).isEqualTo(6 * 4_096 + 16_384);
    assertThat(job().maxSize(64 << 20).maxRetainedBytes()).isEqualTo(6L * 67_108_864 + 16_384);
    LogStreamer started = job().start();
    assertThat(started.maxRetainedBytes()).isEqualTo(6 * 262_144 + 16_384);
  }

  @Test
  void sendersOverhead_comesOnTop() {
    LogStreamer.Builder builder = LogStreamer.builder(withOverhead(65_536)).engine(engine);
    assertThat(builder.maxRetainedBytes()).isEqualTo(6 * 262_144 + 16_384 + 65_536);
    LogStreamer log = builder.start();
    assertThat(log.maxRetainedBytes()).isEqualTo(6 * 262_144 + 16_384 + 65_536);
  }

  @Test
  void furtherSink_adds4TimesMaxSizeAndItsOverhead() {
    LogStreamer log = job().sink(withOverhead(1_000)).start();
    assertThat(log.maxRetainedBytes()).isEqualTo(6 * 262_144 + 16_384 + 4 * 262_144 + 1_000);
  }

  @Test
  void processors_addWhatTheySay() {
    SecretMasker masker = SecretMasker.of(List.of("a secret value"));
    assertThat(job().processor(OutcomeVariables.unmasked()).start().maxRetainedBytes())
        .isEqualTo(6 * 262_144 + 16_384 + 65_536);
    assertThat(job().processor(masker).start().maxRetainedBytes())
        .isEqualTo(6 * 262_144 + 16_384 + masker.maxRetainedBytes());
  }

  @Test
  void recentLines_countWithWhatTheyAreGiven() {
    assertThat(job().recentLineBytes(0).maxRetainedBytes()).isEqualTo(6 * 262_144 + 8_192);
    assertThat(job().recentLineBytes(1 << 20).maxRetainedBytes())
        .isEqualTo(6 * 262_144 + 8_192 + 1_048_576);
  }

  @Test
  void pump_adds16KibibytesThatTheNextTakesOver() throws Exception {
    LogStreamer log = job().start();
    log.pump(FakeProcess.writing(new byte[0]));
    log.pump(FakeProcess.writing(new byte[0]));
    assertThat(log.maxRetainedBytes()).isEqualTo(6 * 262_144 + 16_384 + 16_384);
  }

  @Test
  @SuppressWarnings("InputStreamSlowMultibyteRead") // no byte is ever read
  void pumps_addTheirsAsManyAsThereAreAtOnce() throws Exception {
    LogStreamer log = job().start();
    CountDownLatch reads = new CountDownLatch(1);
    InputStream waiting =
        new InputStream() {
          @Override
          public int read() throws IOException {
            return read(new byte[1], 0, 1);
          }

          @Override
          public int read(byte[] target, int offset, int length) throws IOException {
            try {
              log.pump(FakeProcess.writing(new byte[0]));
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
            reads.countDown();
            return -1;
          }
        };
    log.pump(new FakeProcess(waiting, InputStream.nullInputStream()));
    assertThat(reads.getCount()).isZero();
    assertThat(log.maxRetainedBytes()).isEqualTo(6 * 262_144 + 16_384 + 2 * 16_384);
  }

  @Test
  void shipper_is4TimesMaxSizeAndItsOwn() {
    BatchShipper.Builder builder = BatchShipper.builder(withOverhead(1_000)).engine(engine);
    assertThat(builder.maxRetainedBytes()).isEqualTo(4 * 262_144 + 8_192 + 1_000);
    BatchShipper shipper = builder.start();
    assertThat(shipper.maxRetainedBytes()).isEqualTo(4 * 262_144 + 8_192 + 1_000);
  }

  @Test
  void idleJob_isChargedNothing() throws Exception {
    LogStreamer log = job().start();
    assertThat(log.retainedBytes()).isZero();
    log.stdout().write(LINE.getBytes(UTF_8));
    sender.awaitLines(1);
    log.drain();
    while (log.retainedBytes() > 0) {
      Thread.onSpinWait();
    }
    assertThat(engine.retainedBytes()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "4096, DROP_NEWEST",
    "4096, DROP_OLDEST",
    "65536, DROP_NEWEST",
    "262144, DROP_NEWEST",
    "262144, DROP_OLDEST",
    "1048576, DROP_NEWEST"
  })
  void stalledSender_finds1Point8TimesMaxSizeHeldAndGetsItAll(int maxSize, OverflowPolicy policy)
      throws Exception {
    sender.stall();
    LogStreamer log = job().maxSize(maxSize).overflow(policy).start();
    byte[] line = LINE.getBytes(UTF_8);
    log.stdout().write(line);
    sender.awaitInside();
    long least = Long.MAX_VALUE;
    for (long written = 0; written < 12L * maxSize; written += line.length) {
      log.stdout().write(line);
      if (written / line.length % (maxSize / 4 / line.length) == 0) {
        log.drain();
        assertThat(log.retainedBytes()).isLessThanOrEqualTo(6L * maxSize);
        if (written > 6L * maxSize) {
          least = Math.min(least, log.report().sink().held().bytes());
        }
      }
    }
    log.drain();
    assertThat(least).isGreaterThanOrEqualTo((long) (1.8 * maxSize));
    Tally dropped = log.report().sink().droppedTotal();
    assertThat(dropped.isZero()).isFalse();
    sender.recover();
    SinkReport report = log.finish().sink();
    assertThat(report.droppedTotal()).isEqualTo(dropped);
    assertThat(report.shipped().bytes()).isGreaterThanOrEqualTo((long) (1.8 * maxSize));
  }

  @ParameterizedTest
  @ValueSource(ints = {16_384, 65_536, 262_144})
  void stalledSenderOfAWaitingPump_finds3Point5TimesMaxSizeHeldAndGetsItAll(int maxSize)
      throws Exception {
    sender.stall();
    LogStreamer log = job().maxSize(maxSize).whenFull(WhenFull.WAIT).start();
    byte[] text = LINE.repeat(12 * maxSize / LINE.length()).getBytes(UTF_8);
    Elsewhere<Boolean> pump =
        Elsewhere.call(
            () -> {
              log.pump(FakeProcess.writing(text));
              return true;
            });
    sender.awaitInside();
    time.awaitTimer(LogStreamer.DEFAULT_MAX_WAIT); // the sink is full
    while (log.report().sink().held().bytes() < (long) (3.5 * maxSize)) {
      assertThat(pump.isDone()).isFalse();
      Thread.onSpinWait();
    }
    assertThat(log.retainedBytes()).isLessThanOrEqualTo(6L * maxSize);
    sender.recover();
    assertThat(pump.get()).isTrue();
    SinkReport report = log.finish().sink();
    assertThat(report.isComplete()).isTrue();
    assertThat(report.shipped().bytes()).isEqualTo(text.length);
  }
}
