package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WriteThroughTest {
  private static final String LINE = "x".repeat(99) + "\n";

  private final AtomicInteger drainThreads = new AtomicInteger();
  private final LogweirEngine engine =
      LogweirEngine.builder()
          .drainThreads(
              task -> {
                drainThreads.incrementAndGet();
                return SendPool.daemonThreads("test-drain-").newThread(task);
              })
          .build();
  private final ScriptedSender sender = new ScriptedSender();

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
    assertThat(log.stdout().heldBytes() + log.stderr().heldBytes()).isZero();
    log.close();
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
    write(log.stdout(), " ends\nnext\n");
    assertThat(log.finish().isComplete()).isTrue();
    assertThat(String.join("", sender.lines()).replace(" [logweir: continued]", ""))
        .isEqualTo("begins " + "y".repeat(2_400) + " endsnext");
    assertThat(sender.lines()).hasSize(3);
  }

  @Test
  void linesThatFindNoRoom_waitInTheBufferInTheirOrder() throws Exception {
    sender.stall();
    LogStreamer log = job().whenFull(WhenFull.WAIT).maxSize(4 << 10).start();
    FakeProcess child = FakeProcess.writing(LINE.repeat(300).getBytes(UTF_8));
    child.end();
    Elsewhere<Void> pump =
        Elsewhere.call(
            () -> {
              log.pump(child);
              return null;
            });
    sender.awaitInside();
    sender.recover();
    pump.get();
    assertThat(log.finish().isComplete()).isTrue();
    assertThat(sender.lines()).hasSize(300);
  }
}
