package dev.logweir.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import dev.logweir.PumpResult;
import dev.logweir.SourceEnd;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FakeProcessTest {
  @Test
  void process_endsOnceWithWhatTheTestSays() throws Exception {
    FakeProcess process = FakeProcess.writing("text".getBytes(UTF_8));

    assertThat(process.isAlive()).isTrue();
    assertThat(process.onExit()).isNotDone();
    assertThatThrownBy(process::exitValue).isInstanceOf(IllegalThreadStateException.class);

    process.end(3);
    process.destroy();

    assertThat(process.isAlive()).isFalse();
    assertThat(process.waitFor()).isEqualTo(3);
    assertThat(process.exitValue()).isEqualTo(3);
    assertThat(process.onExit()).isCompletedWithValue(process);
    assertThat(process.getInputStream().readAllBytes()).isEqualTo("text".getBytes(UTF_8));
    assertThat(process.getErrorStream().read()).isEqualTo(-1);
  }

  @Test
  void destroy_endsItAsASignalDoes() {
    FakeProcess process = FakeProcess.writing(new byte[0]);

    process.destroy();

    assertThat(process.exitValue()).isEqualTo(143);
  }

  @Test
  void pump_letsAStreamGoThatOutlivesItsProcess() throws Exception {
    ManualTime time = new ManualTime();
    try (PipedOutputStream descendant = new PipedOutputStream();
        InputStream held = new PipedInputStream(descendant);
        LogweirEngine engine = LogweirEngine.builder().time(time).build();
        LogStreamer log = LogStreamer.builder(new ScriptedSender()).engine(engine).start()) {
      FakeProcess process = new FakeProcess(held, InputStream.nullInputStream());
      CompletableFuture<PumpResult> read =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return log.pump(process);
                } catch (InterruptedException e) {
                  throw new AssertionError(e);
                }
              });
      process.end(0);
      time.advanceUntil(read::isDone, Duration.ofSeconds(1));

      assertThat(read.get().stdout().kind()).isEqualTo(SourceEnd.Kind.LET_GO);
    }
  }
}
