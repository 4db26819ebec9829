package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.logweir.testkit.Eventually;
import dev.logweir.testkit.ManualTime;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** One drain at a time: who asks, who waits, and who goes on. */
@Timeout(60)
class JobDrainTest {
  private int drainsAskedFor;
  private Runnable onMillis = () -> {};
  private final ManualTime clock = new ManualTime();
  private final EngineTime time =
      new ForwardingTime(clock) {
        @Override
        public long currentTimeMillis() {
          onMillis.run();
          return super.currentTimeMillis();
        }
      };
  private final LogweirEngine engine =
      LogweirEngine.builder()
          .time(time)
          .drainThreads(
              task -> {
                drainsAskedFor++;
                throw new OutOfMemoryError("no thread to be had");
              })
          .build();
  private final StallingSender sender = new StallingSender();
  private final List<String> seen = new ArrayList<>();
  private final CountDownLatch inside = new CountDownLatch(1);
  private final CountDownLatch open = new CountDownLatch(1);
  private LogProcessor action = line -> {};
  private final LogStreamer log =
      LogStreamer.builder(sender)
          .engine(engine)
          .maxSize(4 << 10)
          .processor(
              line -> {
                seen.add(line.text());
                action.process(line);
              })
          .start();

  @AfterEach
  void close() {
    open.countDown();
    log.finish(Duration.ZERO);
    engine.close(Duration.ZERO);
  }

  private void write(String text) {
    log.stdout().write(text.getBytes(UTF_8));
  }

  /** Lets the processor hang on a line until the test ends that. */
  private void hang() {
    action =
        line -> {
          inside.countDown();
          open.await();
        };
  }

  /** Starts a thread that waits for the drain under way. */
  private Thread waiting(AtomicReference<Object> result) {
    Thread thread =
        new Thread(
            () -> {
              try {
                result.set(log.drain());
              } catch (InterruptedException e) {
                result.set(e);
              }
            },
            "test-drain");
    thread.setDaemon(true);
    thread.start();
    Eventually.until(() -> thread.getState() == Thread.State.WAITING);
    return thread;
  }

  @Test
  void writeDuringADrain_isTakenByIt() throws Exception {
    write("one\n");
    int asked = drainsAskedFor;
    action =
        line -> {
          if (line.text().equals("one")) {
            write("two\n");
          }
        };
    assertThat(log.drain()).isTrue();
    assertThat(seen).containsExactly("one", "two");
    assertThat(drainsAskedFor).isEqualTo(asked);
    write("three\n");
    assertThat(drainsAskedFor).isEqualTo(asked + 1);
  }

  /** Writes a line for each that is taken, while that may go on. */
  private void writeOnAndOn(CountDownLatch more) {
    action =
        line -> {
          if (more.getCount() > 0) {
            write("again\n");
          }
        };
  }

  @Test
  void drain_returnsThoughSomebodyWritesAllTheTime() throws Exception {
    CountDownLatch more = new CountDownLatch(1);
    writeOnAndOn(more);
    write("one\n");
    assertThat(Elsewhere.call(log::drain).get()).isTrue();
    assertThat(seen).startsWith("one");
    more.countDown();
    assertThat(log.drain()).isTrue();
  }

  @Test
  void drainThatWaits_returnsThoughSomebodyWritesAllTheTime() throws Exception {
    CountDownLatch more = new CountDownLatch(1);
    CountDownLatch drains = new CountDownLatch(3);
    try (LogweirEngine threads = LogweirEngine.builder().build()) {
      AtomicReference<SafeBuffer> stream = new AtomicReference<>();
      LogStreamer busy =
          LogStreamer.builder(new StallingSender())
              .engine(threads)
              .processor(
                  line -> {
                    drains.countDown();
                    if (more.getCount() > 0) {
                      stream.get().write("again\n".getBytes(UTF_8));
                    }
                  })
              .start();
      stream.set(busy.stdout());
      busy.stdout().write("one\n".getBytes(UTF_8));
      drains.await();
      for (int i = 0; i < 20; i++) {
        assertThat(Elsewhere.call(busy::drain).get()).isTrue();
      }
      more.countDown();
      assertThat(busy.finish().isComplete()).isTrue();
    }
  }

  @Test
  void interruptInAProcessor_isTheCallersAgainAfterTheDrain() throws Exception {
    action =
        line -> {
          if (line.text().equals("one")) {
            throw new InterruptedException();
          }
          assertThat(Thread.currentThread().isInterrupted()).isFalse();
        };
    write("one\ntwo\n");
    assertThat(log.drain()).isTrue();
    assertThat(Thread.interrupted()).isTrue();
    assertThat(seen).containsExactly("one", "two");
    assertThat(log.report().sink().dropped(DropReason.PROCESSOR_FAILED)).isEqualTo(new Tally(1, 4));
  }

  @Test
  void drainThatGotNoThread_isAskedForAgainAfterAWhile() {
    write("one\n");
    assertThat(drainsAskedFor).isEqualTo(1);
    assertThat(clock.pending()).isEqualTo(1);
    clock.advance(Duration.ofNanos(WorkerPool.RETRY_NANOS - 1));
    assertThat(drainsAskedFor).isEqualTo(1);
    clock.advance(Duration.ofNanos(1));
    assertThat(drainsAskedFor).isEqualTo(2);
    assertThat(clock.pending()).isEqualTo(1);
  }

  @Test
  void drain_waitsForTheOneUnderWay() throws Exception {
    hang();
    write("one\n");
    Elsewhere<Boolean> first = Elsewhere.call(log::drain);
    inside.await();
    AtomicReference<Object> result = new AtomicReference<>();
    Thread second = waiting(result);
    assertThat(first.isDone()).isFalse();
    open.countDown();
    second.join();
    assertThat(first.get()).isTrue();
    assertThat(result.get()).isEqualTo(true);
  }

  @Test
  void drainThatWaits_canBeInterrupted() throws Exception {
    hang();
    write("one\n");
    Elsewhere<Boolean> first = Elsewhere.call(log::drain);
    inside.await();
    AtomicReference<Object> result = new AtomicReference<>();
    Thread second = waiting(result);
    second.interrupt();
    second.join();
    assertThat(result.get()).isInstanceOf(InterruptedException.class);
    open.countDown();
    assertThat(first.get()).isTrue();
  }

  @Test
  void drainThatWaits_endsWithTheJob() throws Exception {
    hang();
    write("one\ntwo\n");
    Elsewhere<Boolean> first = Elsewhere.call(log::drain);
    inside.await();
    AtomicReference<Object> result = new AtomicReference<>();
    Thread second = waiting(result);
    log.finish(Duration.ZERO);
    second.join();
    assertThat(result.get()).isEqualTo(false);
    first.get();
    assertThat(seen).as("no line is shown after the end").containsExactly("one");
    Eventually.until(() -> engine.abandonedCalls() == 0);
  }

  @Test
  void passThatFails_leavesTheLinesForTheNext() throws Exception {
    Logger logger = (Logger) LoggerFactory.getLogger(LogStreamer.class);
    ListAppender<ILoggingEvent> events = new ListAppender<>();
    events.start();
    logger.addAppender(events);
    write("one\n");
    onMillis =
        () -> {
          throw new OutOfMemoryError("heap");
        };
    log.drain();
    logger.detachAppender(events);
    assertThat(events.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .singleElement()
        .asString()
        .startsWith(log.report().name() + ": java.lang.OutOfMemoryError in a drain, at ")
        .contains(": the lines wait in their buffers");
    assertThat(log.report().sink().held()).isEqualTo(new Tally(1, 4));
    onMillis = () -> {};
    assertThat(log.drain()).isTrue();
    assertThat(seen).containsExactly("one");
  }

  @Test
  void end_drainsOnItsOwnThreadWhereNoOtherIsToBeHad() {
    write("one\nlast");
    log.stderr().write("err\n".getBytes(UTF_8));
    assertThat(log.finish().isComplete()).isTrue();
    assertThat(seen).containsExactly("one", "err", "last");
    assertThat(sender.lines()).containsExactly("one", "err", "last");
    assertThat(clock.pending()).isZero();
  }

  @Test
  void drainsOfLongLines_shareOneRoom() throws Exception {
    int maxLine = 256 << 10;
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    LogStreamer longLines =
        LogStreamer.builder(lines -> {})
            .engine(engine)
            .maxSize(1 << 20)
            .maxLineBytes(maxLine)
            .processor(line -> {})
            .start();
    byte[] line = ("x".repeat(9_000) + "\n").getBytes(UTF_8);
    long allocated = 0;
    for (int i = 0; i < 12; i++) {
      longLines.stdout().write(line);
      long before = threads.getCurrentThreadAllocatedBytes();
      assertThat(longLines.drain()).isTrue();
      allocated += i < 2 ? 0 : threads.getCurrentThreadAllocatedBytes() - before;
    }
    assertThat(allocated).as("bytes of ten drains").isLessThan(maxLine);
    assertThat(longLines.finish().isComplete()).isTrue();
  }

  @Test
  void report_hasWhatNoSinkHasSeen() {
    write("one\ntwo\n");
    log.stderr().write("three\n".getBytes(UTF_8));
    SinkReport report = log.report().sink();
    assertThat(report.accepted()).isEqualTo(new Tally(3, 14));
    assertThat(report.held()).isEqualTo(new Tally(3, 14));
    assertThat(log.retainedBytes()).isEqualTo(2 << 10);
  }
}
