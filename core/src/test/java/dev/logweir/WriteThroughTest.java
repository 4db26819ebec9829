package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.testkit.Eventually;
import dev.logweir.testkit.FakeProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WriteThroughTest {
  private final AtomicInteger drainThreads = new AtomicInteger();
  private final LogweirEngine engine =
      LogweirEngine.builder()
          .drainThreads(
              task -> {
                drainThreads.incrementAndGet();
                return DaemonThreads.platform("test-drain-").newThread(task);
              })
          .build();
  private final StallingSender sender = new StallingSender();

  @AfterEach
  void closeEngine() {
    sender.recover();
    engine.close();
  }

  private LogStreamer.Builder job() {
    return LogStreamer.builder(sender).engine(engine).maxInterval(Duration.ZERO);
  }

  private static void write(SafeBuffer buffer, String text) {
    buffer.write(text.getBytes(UTF_8));
  }

  @Test
  void wholeLines_reachTheSenderWithoutADrain() throws Exception {
    LogStreamer log = job().start();
    write(log.stdout(), "one\ntwo\n");
    write(log.stderr(), "three\n");
    sender.awaitLines(3);
    assertThat(sender.lines()).containsExactly("one", "two", "three");
    assertThat(drainThreads).hasValue(0);
    assertThat(log.stdout().store.heldBytes() + log.stderr().store.heldBytes()).isZero();
    log.close();
  }

  @Test
  void finish_takesTheRestWithoutADrain() {
    LogStreamer log = job().start();
    write(log.stdout(), "one\ntw");
    write(log.stderr(), "err");
    LogReport report = log.finish();
    assertThat(report.isComplete()).isTrue();
    assertThat(report.sink().shipped().lines()).isEqualTo(3);
    assertThat(sender.lines()).containsExactly("one", "tw", "err");
    assertThat(drainThreads).hasValue(0);
  }

  @Test
  void beginningOfALine_waitsForItsEndAndIsJoined() throws Exception {
    LogStreamer log = job().start();
    write(log.stdout(), "one\ntw");
    write(log.stdout(), "o a");
    write(log.stderr(), "between\n");
    write(log.stdout(), "nd\nthree\nfour");
    sender.awaitLines(4);
    assertThat(drainThreads).hasValue(0);
    Eventually.until(() -> log.report().sink().held().equals(new Tally(0, 4)));
    assertThat(log.finish().isComplete()).isTrue();
    assertThat(sender.lines()).containsExactly("one", "between", "two and", "three", "four");
  }

  @Test
  void linesThatALookerSees_goThroughTheBuffer() throws Exception {
    LogStreamer log = job().listener(line -> {}).start();
    write(log.stdout(), "one\n");
    sender.awaitLines(1);
    assertThat(drainThreads).hasValue(1);
    log.close();
  }

  @Test
  void lineLongerThanTheBound_goesInFragmentsAndTheNextStraightOn() throws Exception {
    LogStreamer log = job().maxSize(16 << 10).maxLineBytes(2_000).start();
    write(log.stdout(), "begins " + "y".repeat(2_400));
    sender.awaitLines(1);
    log.drain();
    write(log.stdout(), " ends\n");
    log.drain();
    Eventually.until(() -> !engine.drains.hasWaiting()); // what is asked for may begin a thread
    int drains = drainThreads.get();
    write(log.stdout(), "next\n");
    sender.awaitLines(3);
    assertThat(drainThreads).hasValue(drains);
    assertThat(log.finish().isComplete()).isTrue();
    assertThat(String.join("", sender.lines()).replace(" [logweir: continued]", ""))
        .isEqualTo("begins " + "y".repeat(2_400) + " endsnext");
    assertThat(sender.lines()).hasSize(3);
  }

  @Test
  void linesThatFindNoRoom_waitInTheBufferInTheirOrder() throws Exception {
    sender.stall();
    LogStreamer log = job().whenFull(WhenFull.WAIT).maxSize(4 << 10).start();
    List<String> lines = new ArrayList<>();
    for (int i = 1_000; i < 1_400; i++) {
      lines.add(i + "x".repeat(95));
    }
    FakeProcess child = FakeProcess.writing((String.join("\n", lines) + "\n").getBytes(UTF_8));
    child.end(0);
    Elsewhere<Void> pump =
        Elsewhere.call(
            () -> {
              log.pump(child);
              return null;
            });
    Eventually.until(() -> log.stdout().store.heldBytes() > 3 << 10);
    sender.recover();
    pump.get();
    assertThat(log.finish().isComplete()).isTrue();
    assertThat(sender.lines()).isEqualTo(lines);
  }

  @Test
  void twoWritersOnEachStream_withDrainsAndReportsBetween_loseNothingAndKeepTheirOrder()
      throws Exception {
    LogStreamer log = job().maxSize(1 << 20).start();
    int count = 2_000;
    List<Elsewhere<Boolean>> writers = new ArrayList<>();
    for (String name : List.of("a", "b", "c", "d")) {
      SafeBuffer stream = name.compareTo("c") < 0 ? log.stdout() : log.stderr();
      writers.add(
          Elsewhere.call(
              () -> {
                for (int i = 0; i < count; i++) {
                  write(stream, name + i + "\n");
                }
                return true;
              }));
    }
    while (!writers.stream().allMatch(Elsewhere::isDone)) {
      SinkReport report = log.report().sink();
      assertThat(report.shipped().plus(report.held())).isEqualTo(report.accepted());
      log.drain();
    }
    for (Elsewhere<Boolean> writer : writers) {
      assertThat(writer.get()).isTrue();
    }
    assertThat(log.finish().isComplete()).isTrue();
    for (String name : List.of("a", "b", "c", "d")) {
      List<String> own = sender.lines().stream().filter(line -> line.startsWith(name)).toList();
      assertThat(own).isEqualTo(IntStream.range(0, count).mapToObj(i -> name + i).toList());
    }
  }
}
