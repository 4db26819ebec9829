package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.BatchSender;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.testkit.DeliveryContract;
import dev.logweir.testkit.LogReportAssert;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

class FileSenderTest extends DeliveryContract {
  private static final Path FULL_DEVICE = Path.of("/dev/full");

  @TempDir private Path folder;

  @Override
  protected BatchSender sender() throws IOException {
    return new FileSender(folder.resolve("log"));
  }

  @Override
  protected List<byte[]> arrived() throws IOException {
    String text = Files.readString(folder.resolve("log"), ISO_8859_1);
    assertThat(text).endsWith("\n");
    return List.of(text.substring(0, text.length() - 1).split("\n", -1)).stream()
        .map(line -> line.getBytes(ISO_8859_1))
        .toList();
  }

  @Test
  @EnabledIf("hasFullDevice")
  void sender_thatCannotWrite_reportsItsLines() throws Exception {
    LogReport report;
    try (LogStreamer log = LogStreamer.builder(new FileSender(FULL_DEVICE)).start()) {
      log.stdout().write("a line\n".getBytes(UTF_8));
      report = log.finish();
    }

    LogReportAssert.assertThat(report).isIncomplete().hasShippedLines(0);
    assertThat(report.sink().unconfirmed().lines()).isEqualTo(1);
  }

  static boolean hasFullDevice() {
    return Files.isWritable(FULL_DEVICE);
  }
}
