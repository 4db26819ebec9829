package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.testkit.Eventually;
import dev.logweir.testkit.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Lines that stay in their buffers until the time of the open batch comes. */
@Timeout(60)
class LingeringTest {
  private static final Duration INTERVAL = Duration.ofSeconds(5);
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final int MAX_SIZE = 256 << 10;
  private static final int HUNG_JOBS = 200;

  private final ManualTime time = new ManualTime();
  private final LogweirEngine engine = LogweirEngine.builder().time(time).build();
  private final List<List<String>> calls = new CopyOnWriteArrayList<>();
  private LogStreamer log;

  @BeforeEach
  void start() {
    log = job().start();
  }

  @AfterEach
  void closeEngine() {
    engine.close();
    time.close();
  }

  private LogStreamer.Builder job() {
    return LogStreamer.builder(lines -> calls.add(List.copyOf(lines)))
        .engine(engine)
        .maxSize(MAX_SIZE)
        .maxInterval(INTERVAL)
        .processor(SecretMasker.of(List.of("never there")));
  }

  private static void write(SafeBuffer stream, String text) {
    stream.write(text.getBytes(UTF_8));
  }

  /** The first line goes at once; the second one opens a batch that waits for the interval. */
  private void awaitLingering(LogStreamer job, String first, String second) {
    write(job.stdout(), first);
    Eventually.until(() -> calls.size() == 1);
    write(job.stdout(), second);
    Eventually.until(() -> job.job.mayLinger());
  }

  @Test
  void linesBehindTheFirstOfABatch_goWithItWhenItsTimeComes() {
    awaitLingering(log, "a\n", "b\n");
    write(log.stdout(), "c\n");
    write(log.stderr(), "d\n");
    write(log.stdout(), "e\n");
    assertThat(log.job.mayLinger()).as("no pass has begun").isTrue();
    assertThat(log.job.places.drain.state()).isEqualTo(DrainLoop.State.IDLE);

    assertThat(time.advanceToNext(INTERVAL)).isTrue();
    Eventually.until(() -> calls.size() == 2);
    assertThat(calls.get(1)).containsExactly("b", "c", "d", "e");
    assertThat(log.finish(TIMEOUT).isComplete()).isTrue();
  }

  @Test
  void much_doesNotLinger() {
    awaitLingering(log, "a\n", "b\n");
    long taken = takenBytes();
    String line = "x".repeat(99) + "\n";
    write(log.stdout(), line.repeat(MAX_SIZE / 16 / 100));
    assertThat(takenBytes()).isEqualTo(taken);
    write(log.stdout(), line.repeat(MAX_SIZE / 8 / 100));

    Eventually.until(() -> takenBytes() > taken + MAX_SIZE / 8);
    assertThat(log.finish(TIMEOUT).isComplete()).isTrue();
  }

  private long takenBytes() {
    Sink sink = log.job.places.sinks.get(0);
    sink.lock.lock();
    try {
      return sink.heldInBatches().bytes();
    } finally {
      sink.lock.unlock();
    }
  }

  @Test
  void lingeringLines_areFlushed() throws InterruptedException {
    awaitLingering(log, "a\n", "b\n");
    write(log.stdout(), "c\n");

    assertThat(log.flush(TIMEOUT)).isTrue();
    assertThat(calls.get(1)).containsExactly("b", "c");
    assertThat(log.finish(TIMEOUT).isComplete()).isTrue();
  }

  @Test
  void lingeringLines_goAtTheEnd() {
    awaitLingering(log, "a\n", "b\n");
    write(log.stderr(), "c\n");
    write(log.stdout(), "d");

    assertThat(log.finish(TIMEOUT).isComplete()).isTrue();
    assertThat(calls.stream().flatMap(List::stream)).containsExactly("a", "b", "c", "d");
  }

  @Test
  void linesThatLinger_haveTheirOwnTimes() {
    log.finish(TIMEOUT);
    calls.clear();
    LogStreamer timed = job().processor(LinePrefixer.numbered()).start();
    awaitLingering(timed, "a\n", "b\n");
    for (int second = 0; second < 4; second++) {
      time.advance(Duration.ofSeconds(1));
      write(timed.stdout(), second + "\n");
    }
    assertThat(timed.finish(TIMEOUT).isComplete()).isTrue();

    List<String> times =
        calls.stream()
            .flatMap(List::stream)
            .filter(line -> !line.endsWith("a") && !line.endsWith("b"))
            .map(line -> line.substring(0, line.indexOf(' ')))
            .toList();
    assertThat(times).hasSize(4).doesNotHaveDuplicates();
  }

  @Test
  void batchWhoseTimeHasCome_goesWithoutThemIfNoDrainComes() {
    awaitLingering(log, "a\n", "b\n");
    CountDownLatch go = new CountDownLatch(1);
    List<LogStreamer> hung = new ArrayList<>();
    for (int i = 0; i < HUNG_JOBS; i++) { // they have all threads of drains, and wait for more
      LogStreamer other =
          LogStreamer.builder(lines -> {}).engine(engine).processor(line -> await(go)).start();
      write(other.stdout(), "hangs\n");
      hung.add(other);
    }
    write(log.stdout(), "c\n");
    time.advance(INTERVAL.plusNanos(WorkerPool.RETRY_NANOS));

    Eventually.until(() -> calls.size() == 2);
    assertThat(calls.get(1)).containsExactly("b");
    go.countDown();
    assertThat(log.finish(TIMEOUT).isComplete()).isTrue();
    assertThat(calls.stream().flatMap(List::stream)).containsExactly("a", "b", "c");
    hung.forEach(LogStreamer::finish);
  }

  private static void awaitIdle(LogStreamer job) {
    Eventually.until(() -> job.job.places.drain.state() == DrainLoop.State.IDLE);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void everyTimer_leadsToTheLinesThatLinger() {
    // Of two sinks one is flushed, and its batch is gone, while lines linger for the other.
    log.finish(TIMEOUT);
    calls.clear();
    List<String> others = new CopyOnWriteArrayList<>();
    LogStreamer two = job().sink(others::addAll).start();
    write(two.stdout(), "a\n");
    Eventually.until(() -> calls.size() == 1 && others.size() == 1);
    write(two.stdout(), "b\n");
    Eventually.until(() -> two.job.mayLinger());
    write(two.stdout(), "c\n");
    Sink first = two.job.places.sinks.get(0);
    assertThat(first.flush()).isNotNull();
    Eventually.until(() -> calls.size() == 2);
    write(two.stdout(), "d\n");

    while (others.size() < 4 && time.advanceToNext(INTERVAL)) {
      awaitIdle(two);
    }
    Eventually.until(() -> others.size() == 4);
    assertThat(others).containsExactly("a", "b", "c", "d");
    assertThat(two.finish(TIMEOUT).isComplete()).isTrue();
    assertThat(calls.stream().flatMap(List::stream)).containsExactly("a", "b", "c", "d");
  }
}
