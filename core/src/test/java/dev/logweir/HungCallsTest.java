package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.logweir.testkit.Eventually;
import dev.logweir.testkit.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** Calls of processors and listeners that do not return, more of them than threads. */
@Timeout(60)
class HungCallsTest {
  private static final int THREADS = Runtime.getRuntime().availableProcessors();
  private static final int MANY = 40 + THREADS;

  private final ManualTime time = new ManualTime();
  private final LogweirEngine engine = LogweirEngine.builder().time(time).build();
  private final CountDownLatch open = new CountDownLatch(1);
  private final Semaphore entered = new Semaphore(0);
  private final AtomicInteger inside = new AtomicInteger();
  private final List<LogStreamer> jobs = new ArrayList<>();

  @AfterEach
  void closeEngine() {
    open.countDown();
    engine.close();
  }

  /** Hangs on the line "hang", whatever interrupts it. */
  private final class Hanging implements LogListener, LogProcessor {
    @Override
    public void onLine(LogLine line) {
      process(line);
    }

    @Override
    public void process(LogLine line) {
      if (line.text().equals("hang")) {
        entered.release();
        hang();
      }
    }
  }

  private void hang() {
    inside.incrementAndGet();
    boolean opened = false;
    while (!opened) {
      try {
        open.await();
        opened = true;
      } catch (InterruptedException ignored) {
        // stays until the test ends
      }
    }
  }

  private static void write(LogStreamer log, String text) {
    log.stdout().write(text.getBytes(UTF_8));
  }

  private void startMany(Consumer<LogStreamer.Builder> setting) {
    List<LogStreamer> started = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      LogStreamer.Builder builder = LogStreamer.builder(new StallingSender()).engine(engine);
      setting.accept(builder);
      started.add(builder.start());
    }
    started.forEach(log -> write(log, "hang\n"));
    jobs.addAll(started);
  }

  /** Another job, whose lines need a drain thread, gets one after a while. */
  private void assertOthersGoOn(LogProcessor processor) {
    StallingSender sender = new StallingSender();
    LogStreamer other = LogStreamer.builder(sender).engine(engine).processor(processor).start();
    write(other, "goes on\n");
    Eventually.until(
        () -> {
          if (inside.get() == engine.drains.threads()) {
            time.advance(Duration.ofSeconds(1)); // else time would outrun the threads
          }
          return !sender.lines().isEmpty();
        });
    assertThat(other.finish().isComplete()).isTrue();
  }

  private void assertAllGoOn() {
    open.countDown();
    for (LogStreamer log : jobs) {
      assertThat(log.finish().isComplete()).isTrue();
    }
    Eventually.until(() -> engine.abandonedCalls() == 0);
  }

  @Test
  void listenersThatHang_holdNoOtherJob() {
    startMany(builder -> builder.listener(new Hanging()));
    assertOthersGoOn(line -> {});
    assertThat(engine.abandonedCalls()).isBetween(1, AbandonedCalls.LIMIT + THREADS);
    assertAllGoOn();
  }

  @Test
  void processorsThatHang_holdNoOtherJobAndCostNoLine() {
    SecretMasker shared = SecretMasker.of("secret");
    startMany(builder -> builder.processor(shared).processor(new Hanging()));
    assertOthersGoOn(shared);
    assertThat(engine.abandonedCalls()).isBetween(1, AbandonedCalls.LIMIT + THREADS);
    assertAllGoOn();
  }

  /** Hangs when it is asked what the line "hang" costs, whatever interrupts it. */
  private final class Bounded implements BatchSender {
    @Override
    public void send(List<String> lines) {}

    @Override
    public int maxBatchBytes() {
      return 4 << 10;
    }

    @Override
    public long encodedBytes(int lineBytes) {
      if (lineBytes == "hang".length() + Markers.Mark.CONTINUED.length()) {
        hang();
      }
      return lineBytes + 1L;
    }
  }

  @Test
  void sendersThatHangWhenAskedWhatALineCosts_holdNoOtherJobAndCostNoLine() {
    List<LogStreamer> started = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      started.add(LogStreamer.builder(new Bounded()).engine(engine).start());
    }
    started.forEach(log -> write(log, "hang\n"));
    jobs.addAll(started);
    assertOthersGoOn(line -> {});
    assertThat(engine.abandonedCalls()).isBetween(1, AbandonedCalls.LIMIT + THREADS);
    assertAllGoOn();
  }

  @Test
  void callsOfSeveralClassesThatHang_holdNoOtherJob() {
    startMany(builder -> builder.listener(new Hanging()));
    startMany(builder -> builder.listener(line -> hang()));
    startMany(
        builder ->
            builder.processor(
                line -> {
                  entered.release();
                  hang();
                }));
    assertOthersGoOn(line -> {});
    assertThat(engine.abandonedCalls()).isBetween(1, 3 * (AbandonedCalls.LIMIT + THREADS));
    assertAllGoOn();
  }

  @Test
  void listenerWithTooManyHungCalls_isRefusedAtStartAndNobodyElse() throws Exception {
    SecretMasker shared = SecretMasker.of("secret");
    Slf4jEcho echo = Slf4jEcho.to(LoggerFactory.getLogger("test.echo"));
    for (int i = 0; i < AbandonedCalls.LIMIT; i++) {
      LogStreamer log =
          LogStreamer.builder(new StallingSender())
              .engine(engine)
              .processor(shared)
              .listener(echo)
              .listener(new Hanging())
              .start();
      write(log, "hang\n");
      entered.acquire();
      log.finish(Duration.ZERO);
    }
    assertThat(engine.abandonedCalls()).isEqualTo(AbandonedCalls.LIMIT);
    assertThatIllegalStateException()
        .isThrownBy(
            () ->
                LogStreamer.builder(new StallingSender())
                    .engine(engine)
                    .listener(new Hanging())
                    .start())
        .withMessage("a listener must have less than 16 abandoned calls");
    assertOthersGoOn(shared);
  }
}
