package dev.logweir.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import dev.logweir.PodMemory;
import dev.logweir.opslevel.OpsLevelClient;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class SizeTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void numbers_areThoseOfTheApi() {
    try (LogweirEngine engine = LogweirEngine.builder().build();
        OpsLevelClient client = OpsLevelClient.builder().token("t").runnerId("r").build()) {
      LogStreamer.Builder job =
          LogStreamer.builder(client.sender("1")).engine(engine).maxSize(64 << 10);
      PodMemory memory = PodMemory.builder(engine).jobs(50, job).build();

      assertThat(run("--jobs", "50", "--max-size", "64K", "--sinks", "1", "--sink", "opslevel"))
          .isZero();

      for (PodMemory.Term term : memory.terms()) {
        assertThat(out.toString()).containsPattern(term.name() + " +" + term.bytes() + " B ");
      }
      assertThat(out.toString())
          .contains("limit: " + (memory.limitBytes() >> 20) + "Mi")
          .contains("java " + String.join(" ", memory.jvmOptions()));
    }
  }

  @Test
  void onlyLimitAndOnlyOptions_areForScripts() {
    assertThat(run("--jobs", "5", "--only-limit")).isZero();
    assertThat(run("--jobs", "5", "--only-options")).isZero();

    assertThat(out.toString().lines().toList().get(0)).matches("\\d+");
    assertThat(out.toString().lines().toList().get(1)).matches("-XX:\\+UseSerialGC -Xmx\\d+m .*");
  }

  @Test
  void sharedMasker_isCountedOnce() {
    assertThat(run("--jobs", "1", "--secrets", "200", "--only-limit")).isZero();
    assertThat(run("--jobs", "101", "--secrets", "200", "--only-limit")).isZero();
    assertThat(run("--jobs", "1", "--only-limit")).isZero();
    assertThat(run("--jobs", "101", "--only-limit")).isZero();

    long[] limits = out.toString().lines().mapToLong(Long::parseLong).toArray();
    long masker = limits[0] - limits[2];
    assertThat(masker).isPositive();
    long states = 100L * (128 << 10); // what a masker keeps of the lines of each job
    assertThat(limits[1] - limits[3]).isLessThan(2 * masker + states);
    assertThat(2 * masker + states).isLessThan(100 * masker);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--jobs 0 | number of jobs must be from 1 to",
        "--max-size 1K | --max-size must be from 4K to 64M: 1K",
        "--sinks 5 | --sinks must be from 1 to 4: 5",
        "--sink nowhere | Invalid value for option '--sink'",
        "--secrets -1 | --secrets must be from 0 to 10000: -1",
        "--secret-size 17K | --secret-size must be from 1 to 16K: 17K",
        "--application-heap -1 | applicationHeapBytes must be from 0 B to 1048576 GiB: -1",
      })
  void oddInput_isOneLineAndExitCode2(String arguments, String line) {
    assertThat(run(arguments.split(" "))).isEqualTo(2);

    assertThat(err.toString()).contains(line).hasLineCount(1);
    assertThat(out.toString()).isEmpty();
  }

  private int run(String... arguments) {
    CommandLine size = Size.commandLine();
    size.setOut(new PrintWriter(out, true));
    size.setErr(new PrintWriter(err, true));
    return size.execute(arguments);
  }
}
