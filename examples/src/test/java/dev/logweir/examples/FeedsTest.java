package dev.logweir.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.BatchSender;
import dev.logweir.ExitMarker;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.WhenFull;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.commons.exec.CommandLine;
import org.apache.commons.exec.DefaultExecutor;
import org.apache.commons.exec.PumpStreamHandler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zeroturnaround.exec.ProcessExecutor;

/** Feeds of other libraries: each line arrives, also where the log is full meanwhile. */
@Timeout(60)
class FeedsTest {
  /** Eight times what a job of this size holds. */
  private static final String SCRIPT = "seq 1 100000; echo err >&2; exit 3";

  private static final long BYTES = 588_895 + 4;
  private final CountDownLatch full = new CountDownLatch(1);
  private final AtomicLong received = new AtomicLong();
  private final ExitMarker marker = ExitMarker.random();

  /** Takes nothing until the log is full. */
  private LogStreamer log() {
    BatchSender sender =
        lines -> {
          full.await();
          lines.forEach(line -> received.addAndGet(line.length() + 1));
        };
    return LogStreamer.builder(sender)
        .maxSize(8 << 10)
        .whenFull(WhenFull.WAIT)
        .exitMarker(marker)
        .start();
  }

  private interface Feed {
    int run(LogStreamer log, List<String> command) throws Exception;
  }

  private void feeds(Feed feed) throws Exception {
    try (LogStreamer log = log()) {
      Thread release =
          new Thread(
              () -> {
                // Held, so that it takes no more: then the sender begins.
                while (log.retainedBytes() < 4 * (8 << 10)) {
                  Thread.onSpinWait();
                }
                full.countDown();
              });
      release.start();
      int code = feed.run(log, marker.wrap("sh", SCRIPT));
      release.join();
      LogReport report = log.finish();

      assertThat(code).isEqualTo(3);
      assertThat(report.isComplete()).as(report.toString()).isTrue();
      assertThat(report.end().exitCode()).hasValue(3);
      assertThat(received.get()).isEqualTo(BYTES);
    }
  }

  @Test
  void commonsExec_isHeldBack() throws Exception {
    feeds(
        (log, command) -> {
          DefaultExecutor executor = DefaultExecutor.builder().get();
          executor.setStreamHandler(
              new PumpStreamHandler(log.stdout().waiting(), log.stderr().waiting()));
          executor.setExitValues(null);
          CommandLine line = new CommandLine(command.get(0));
          command.subList(1, command.size()).forEach(word -> line.addArgument(word, false));
          return executor.execute(line);
        });
  }

  @Test
  void ztExec_isHeldBack() throws Exception {
    feeds(
        (log, command) ->
            new ProcessExecutor(command)
                .redirectOutput(log.stdout().waiting())
                .redirectError(log.stderr().waiting())
                .execute()
                .getExitValue());
  }
}
