package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.logweir.testkit.Eventually;
import dev.logweir.testkit.FakeProcess;
import dev.logweir.testkit.ManualTime;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ProcessPumpTest {
  private final ManualTime time = new ManualTime();
  private final LogweirEngine engine = LogweirEngine.builder().time(time).build();
  private final StallingSender sender = new StallingSender();

  @AfterEach
  void closeEngine() {
    sender.recover();
    engine.close();
  }

  private LogStreamer.Builder job() {
    return LogStreamer.builder(sender).engine(engine).maxSize(64 << 10);
  }

  private static Process shell(String script) throws IOException {
    return new ProcessBuilder("sh", "-c", script).start();
  }

  @Test
  void pump_takesBothStreamsOfAChild() throws Exception {
    LogStreamer log = job().start();
    log.pump(shell("echo out; echo err >&2; printf last"));
    LogReport report = log.finish();
    assertThat(report.isComplete()).isTrue();
    assertThat(sender.lines()).containsExactlyInAnyOrder("out", "err", "last");
    assertThat(sender.lines()).containsSubsequence("out", "last");
  }

  /** Returns how many threads of pumps are reading at this moment. */
  private static long readers() {
    return Thread.getAllStackTraces().values().stream()
        .filter(stack -> stack.length > 0 && stack[0].getMethodName().startsWith("readBytes"))
        .filter(
            stack ->
                Arrays.stream(stack)
                    .anyMatch(frame -> frame.getClassName().contains("ProcessPump")))
        .count();
  }

  @Test
  void descendantThatHoldsThePipe_isLetGoAShortGraceAfterTheChildsExit() throws Exception {
    LogStreamer log = job().start();
    Process child = shell("sleep 60 & echo $!; echo hi; read line");
    Elsewhere<PumpResult> pump = Elsewhere.call(() -> log.pump(child));
    sender.awaitLines(1);
    long sleeper = Long.parseLong(sender.lines().get(0));
    try {
      Eventually.until(() -> readers() == 2); // else the JDK ends a stream as the child exits
      child.getOutputStream().close();
      child.waitFor();
      while (!pump.isDone()) {
        time.advance(Duration.ofSeconds(2));
      }
      PumpResult result = pump.get();
      assertThat(result.isComplete()).isFalse();
      assertThat(result.stdout().kind()).isEqualTo(SourceEnd.Kind.LET_GO);
      assertThat(result.stderr().kind()).isEqualTo(SourceEnd.Kind.LET_GO);
      LogReport report = log.finish();
      assertThat(report.sink().isComplete()).isTrue();
      assertThat(report.isComplete()).isFalse();
      assertThat(report.badEnds()).containsExactlyInAnyOrder(result.stdout(), result.stderr());
      assertThat(report).asString().contains("stdout: let go before its end");
      assertThat(sender.lines()).containsExactly(Long.toString(sleeper), "hi");
      assertThat(time.pending()).isZero();
    } finally {
      ProcessHandle.of(sleeper).ifPresent(ProcessHandle::destroy);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "4096, 256",
    "4096, 1024",
    "4096, 2048",
    "8192, 2048",
    "8192, 4096",
    "16384, 8192",
    "65536, 32768",
    "262144, 65536"
  })
  void pumpThatWaits_losesNothing(int maxSize, int maxLine) throws Exception {
    StringBuilder text = new StringBuilder();
    Random random = new Random(maxSize + maxLine);
    List<String> expected = new ArrayList<>();
    while (text.length() < 8 * maxSize) {
      int length =
          switch (random.nextInt(4)) {
            case 0 -> maxLine;
            case 1 -> maxLine - random.nextInt(4);
            case 2 -> random.nextInt(3);
            default -> random.nextInt(maxLine);
          };
      String line = String.valueOf((char) ('a' + random.nextInt(26))).repeat(length);
      expected.add(line);
      text.append(line).append('\n');
    }
    sender.stall();
    LogStreamer log = job().maxSize(maxSize).maxLineBytes(maxLine).whenFull(WhenFull.WAIT).start();
    FakeProcess child = FakeProcess.writing(text.toString().getBytes(UTF_8));
    Elsewhere<Boolean> pump =
        Elsewhere.call(
            () -> {
              log.pump(child);
              return true;
            });
    sender.awaitInside();
    sender.recover();
    assertThat(pump.get()).isTrue();
    LogReport report = log.finish();
    assertThat(report.sink().droppedTotal()).isEqualTo(Tally.NONE);
    assertThat(sender.lines()).isEqualTo(expected);
  }

  @Test
  void pumpThatWaits_holdsTheChildBackWhileTheSenderHangs() throws Exception {
    sender.stall();
    LogStreamer log = job().maxSize(8 << 10).whenFull(WhenFull.WAIT).start();
    byte[] text = ("x".repeat(99) + "\n").repeat(10_000).getBytes(UTF_8);
    Elsewhere<Boolean> pump =
        Elsewhere.call(
            () -> {
              log.pump(FakeProcess.writing(text));
              return true;
            });
    // The sink is without progress from when it is full on.
    time.awaitTimer(LogStreamer.DEFAULT_MAX_WAIT);
    assertThat(pump.isDone()).isFalse();
    assertThat(log.report().sink().droppedTotal()).isEqualTo(Tally.NONE);
    time.advance(LogStreamer.DEFAULT_MAX_WAIT.minusNanos(1));
    assertThat(log.report().sink().droppedTotal()).isEqualTo(Tally.NONE);
    // After maxWait the overflow policy applies, until a send ends.
    time.advance(Duration.ofNanos(1));
    assertThat(pump.get()).isTrue();
    assertThat(log.report().sink().dropped(DropReason.QUEUE_FULL).isZero()).isFalse();
    sender.recover();
    SinkReport report = log.finish().sink();
    assertThat(report.shipped().plus(report.droppedTotal()))
        .isEqualTo(new Tally(10_000, 1_000_000));
  }

  @Test
  void pumpByDefault_dropsAndCounts() throws Exception {
    sender.stall();
    LogStreamer log = job().maxSize(8 << 10).start();
    byte[] text = ("x".repeat(99) + "\n").repeat(10_000).getBytes(UTF_8);
    log.pump(FakeProcess.writing(text));
    sender.recover();
    SinkReport report = log.finish().sink();
    assertThat(report.droppedTotal().isZero()).isFalse();
    assertThat(report.shipped().plus(report.droppedTotal()))
        .isEqualTo(new Tally(10_000, 1_000_000));
  }

  @Test
  @SuppressWarnings("InputStreamSlowMultibyteRead") // no byte is ever read
  void interruptOfTheCaller_letsTheReadersGo() throws Exception {
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    InputStream silent =
        new InputStream() {
          @Override
          public int read() throws IOException {
            reading.countDown();
            try {
              never.await();
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
            return -1;
          }
        };
    LogStreamer log = job().start();
    Elsewhere<Boolean> pump =
        Elsewhere.call(
            () -> {
              log.pump(new FakeProcess(silent, InputStream.nullInputStream()));
              return true;
            });
    reading.await();
    pump.interrupt();
    assertThatThrownBy(pump::get)
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(InterruptedException.class);
    log.stdout().write("goes on\n".getBytes(UTF_8));
    LogReport report = log.finish();
    assertThat(report.sink().isComplete()).isTrue();
    assertThat(report.badEnds())
        .contains(new SourceEnd(LogSource.STDOUT, SourceEnd.Kind.LET_GO, null));
    never.countDown();
  }

  @Test
  void endOfTheJob_letsAWaitingPumpReadOn() throws Exception {
    sender.stall();
    LogStreamer log = job().maxSize(8 << 10).whenFull(WhenFull.WAIT).start();
    byte[] text = ("x".repeat(99) + "\n").repeat(10_000).getBytes(UTF_8);
    Elsewhere<Boolean> pump =
        Elsewhere.call(
            () -> {
              log.pump(FakeProcess.writing(text));
              return true;
            });
    time.awaitTimer(LogStreamer.DEFAULT_MAX_WAIT);
    SinkReport report = log.finish(Duration.ZERO).sink();
    assertThat(pump.get()).isTrue();
    long counted = 0;
    for (DropReason reason : DropReason.values()) {
      counted += engine.totals.droppedBytes(reason);
    }
    assertThat(report.held()).isEqualTo(Tally.NONE);
    assertThat(counted + engine.totals.shippedBytes.sum()).isEqualTo(1_000_000);
  }

  /** A stream that has a line and the beginning of another, and then fails. */
  private static InputStream breaking(Throwable failure) {
    return breaking("ok\nbeg", failure);
  }

  private static InputStream breaking(String text, Throwable failure) {
    return new InputStream() {
      private final InputStream before = new ByteArrayInputStream(text.getBytes(UTF_8));

      @Override
      public int read() throws IOException {
        throw new IOException("never read one by one");
      }

      @Override
      public int read(byte[] target, int offset, int length) throws IOException {
        int count = before.read(target, offset, length);
        if (count > 0) {
          return count;
        }
        if (failure instanceof Error e) {
          throw e;
        }
        if (failure instanceof RuntimeException e) {
          throw e;
        }
        throw (IOException) failure;
      }
    };
  }

  static List<Throwable> failures() {
    return List.of(
        new IOException("broken"),
        new IllegalStateException("broken"),
        new AssertionError("broken"),
        new StackOverflowError());
  }

  /** Who writes to a pipe that nobody reads would wait for ever. */
  @ParameterizedTest
  @MethodSource("failures")
  void streamThatBreaks_isClosed_andOneThatEndsIsNot(Throwable failure) throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    InputStream broken =
        new FilterInputStream(breaking(failure)) {
          @Override
          public void close() throws IOException {
            closed.countDown();
            throw new IOException("nor can it be closed");
          }
        };
    InputStream whole =
        new ByteArrayInputStream("err".getBytes(UTF_8)) {
          @Override
          public void close() {
            throw new AssertionError("closed");
          }
        };
    LogStreamer log = job().start();
    PumpResult result = log.pump(broken, whole);
    closed.await();
    assertThat(result.stderr().kind()).isEqualTo(SourceEnd.Kind.ENDED);
    assertThat(log.finish().badEnds()).containsExactly(result.stdout());
  }

  @ParameterizedTest
  @MethodSource("failures")
  void streamThatBreaks_endsThatStreamAndMakesTheReportIncomplete(Throwable failure)
      throws Exception {
    LogStreamer log = job().start();
    PumpResult result =
        log.pump(breaking(failure), new ByteArrayInputStream("err".getBytes(UTF_8)));
    assertThat(result.isComplete()).isFalse();
    assertThat(result.stdout().kind()).isEqualTo(SourceEnd.Kind.READ_FAILED);
    assertThat(result.stdout().failure()).contains(failure.getClass().getName());
    assertThat(result.stderr().kind()).isEqualTo(SourceEnd.Kind.ENDED);
    assertThat(result.stderr().failure()).isEmpty();
    log.stdout().write("more\n".getBytes(UTF_8));
    LogReport report = log.finish();
    assertThat(report.sink().isComplete()).isTrue();
    assertThat(report.isComplete()).isFalse();
    assertThat(report.badEnds()).containsExactly(result.stdout());
    assertThat(report)
        .asString()
        .contains("stdout: read failed (" + failure.getClass().getName() + ")")
        .doesNotContain("broken");
    assertThat(sender.lines()).containsExactlyInAnyOrder("ok", "beg", "err", "more");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 250, 256, 509, 600})
  void secretWithinWhichAReadFails_isMaskedFromItsBeginningOn(int before) throws Exception {
    String filler = "x".repeat(before);
    LogStreamer log =
        job().maxLineBytes(256).processor(SecretMasker.of("swordfish", "fishmonger")).start();
    log.pump(
        breaking("ok\n" + filler + "swordfis", new IOException("broken")),
        InputStream.nullInputStream());
    log.stdout().write("h and more\n".getBytes(UTF_8));
    LogReport report = log.finish();
    assertThat(report.sink().isComplete()).isTrue();
    assertThat(String.join("", sender.lines()).replace(" [logweir: continued]", ""))
        .isEqualTo("ok" + filler + "**********" + "h and more");
  }

  @Test
  void secretWithinWhichASourceIsLetGo_isMaskedFromItsBeginningOn() throws Exception {
    CountDownLatch read = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    InputStream output =
        new InputStream() {
          private final InputStream before =
              new ByteArrayInputStream("ok\nkey=swordfis".getBytes(UTF_8));

          @Override
          public int read() throws IOException {
            throw new IOException("never read one by one");
          }

          @Override
          public int read(byte[] target, int offset, int length) throws IOException {
            int count = before.read(target, offset, length);
            if (count > 0) {
              return count;
            }
            read.countDown();
            try {
              never.await();
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
            return -1;
          }
        };
    LogStreamer log = job().processor(SecretMasker.of("swordfish")).start();
    Elsewhere<Boolean> pump =
        Elsewhere.call(
            () -> {
              log.pump(new FakeProcess(output, InputStream.nullInputStream()));
              return true;
            });
    read.await();
    pump.interrupt();
    assertThatThrownBy(pump::get).hasCauseInstanceOf(InterruptedException.class);
    log.stdout().write("h\n".getBytes(UTF_8));
    assertThat(log.finish().sink().isComplete()).isTrue();
    assertThat(sender.lines()).containsExactly("ok", "key=**********", "h");
    never.countDown();
  }

  @Test
  void badEnds_areListedUpToABound() throws Exception {
    LogStreamer log = job().start();
    for (int i = 0; i < 40; i++) {
      log.pump(breaking(new IOException()), InputStream.nullInputStream());
    }
    assertThat(log.finish().badEnds()).hasSize(LogReport.MAX_BAD_ENDS);
  }

  @Test
  void linesOfTwoPumps_areNeverJoined() throws Exception {
    OutcomeVariables variables = OutcomeVariables.unmasked();
    LogStreamer log = job().processor(variables).start();
    log.pump(FakeProcess.writing("one\ntwo".getBytes(UTF_8)));
    log.pump(FakeProcess.writing("::set-outcome-var key=value\nthree".getBytes(UTF_8)));
    log.stdout().write("four".getBytes(UTF_8));
    SinkReport report = log.finish().sink();
    assertThat(sender.lines()).containsExactly("one", "two", "three", "four");
    assertThat(variables.variables()).containsExactly(Map.entry("key", "value"));
    assertThat(report.accepted()).isEqualTo(new Tally(5, 7 + 33 + 4));
    assertThat(report.shipped()).isEqualTo(new Tally(4, 7 + 5 + 4));
  }

  @Test
  void pump_needsAProcessOrTwoStreams() {
    LogStreamer log = job().start();
    assertThatNullPointerException().isThrownBy(() -> log.pump(null)).withMessage("process");
    InputStream none = InputStream.nullInputStream();
    assertThatNullPointerException().isThrownBy(() -> log.pump(null, none)).withMessage("stdout");
    assertThatNullPointerException().isThrownBy(() -> log.pump(none, null)).withMessage("stderr");
  }
}
