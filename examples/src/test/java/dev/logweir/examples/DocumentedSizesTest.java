package dev.logweir.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.LinePrefixer;
import dev.logweir.OutcomeVariables;
import dev.logweir.faktory.FaktoryClient;
import dev.logweir.opslevel.OpsLevelClient;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The heap that the texts give for senders and processors is what these say of themselves. */
class DocumentedSizesTest {
  @Test
  void senders_holdWhatTheTextsSay() throws Exception {
    try (OpsLevelClient opsLevel = OpsLevelClient.builder().token("t").runnerId("r").build();
        FaktoryClient faktory = FaktoryClient.builder().build()) {
      String ofOpsLevel = kib(opsLevel.sender("1").maxRetainedBytes());
      String ofFaktory = kib(faktory.sender("1").maxRetainedBytes());

      assertThat(text("README.md")).contains("OpsLevel: " + ofOpsLevel + "; Faktory: " + ofFaktory);
      assertThat(text("docs/opslevel.md")).contains("A sender holds at most " + ofOpsLevel + " ");
      assertThat(text("docs/faktory.md")).contains("A sender holds at most " + ofFaktory + " ");
    }
  }

  @Test
  void processors_holdWhatTheReadmeSays() throws Exception {
    assertThat(text("README.md"))
        .contains("`OutcomeVariables`: " + kib(OutcomeVariables.unmasked().maxRetainedBytes()))
        .contains("`LinePrefixer`: " + kib(LinePrefixer.numbered().maxRetainedBytes()));
  }

  private static String kib(long bytes) {
    assertThat(bytes % 1024).isZero();
    return bytes / 1024 + " KiB";
  }

  private static String text(String name) throws Exception {
    return Files.readString(Path.of("..", name));
  }
}
