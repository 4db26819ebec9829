package dev.logweir.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

@Timeout(60)
class FaktoryUrlTest {
  private final StringWriter err = new StringWriter();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "foo",
        "tcp://:hun ter@loc alhost:1",
        "tcp://:hun%ter@h",
        "tcp://",
        "tcp://:hunter@h:0",
        "tcp://:hunter@h:65536"
      })
  void consumer_refusesWhatIsNoneInOneLineWithoutShowingIt(String url) {
    assertThat(run(FaktoryConsumer.commandLine(Map.of("FAKTORY_URL", url)::get))).isEqualTo(2);

    assertThat(err.toString().lines())
        .hasSize(1)
        .first()
        .asString()
        .startsWith("faktory-consumer: FAKTORY_URL must ")
        .doesNotContain("hun")
        .doesNotContain("foo");
  }

  @ParameterizedTest
  @CsvSource({
    "tcp://:hunter@h, 'be the name of the variable that holds the URL, not the URL itself'",
    "FAKTORY_PROVIDER, name another variable",
    "NOWHERE, name a variable that is set"
  })
  void provider_thatNamesNoUrlIsRefused(String provider, String rule) {
    assertThat(run(FaktoryConsumer.commandLine(Map.of("FAKTORY_PROVIDER", provider)::get)))
        .isEqualTo(2);

    assertThat(err)
        .hasToString(
            "faktory-consumer: FAKTORY_PROVIDER must "
                + rule
                + " (--help tells more)"
                + System.lineSeparator());
  }

  @ParameterizedTest
  @CsvSource({
    "--seconds,0,3600",
    "--seconds,-1,3600",
    "--jobs,0,10000",
    "--pool,0,1000",
    "--pool,1001,1000"
  })
  void load_refusesNumbersOutOfRange(String name, String value, String max) {
    assertThat(run(FaktoryLoad.commandLine(variable -> null), name + "=" + value)).isEqualTo(2);

    assertThat(err.toString())
        .startsWith("faktory-load: " + name + " must be from 1 to " + max + ": " + value);
  }

  @Test
  void load_flushesNoOtherServerThanTheProviders() throws IOException {
    ServerSocket gone = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    gone.close();
    try (ServerSocket other = new ServerSocket(0, 9, InetAddress.getLoopbackAddress())) {
      Map<String, String> environment =
          Map.of(
              "FAKTORY_PROVIDER", "MINE",
              "MINE", "tcp://127.0.0.1:" + gone.getLocalPort(),
              "FAKTORY_URL", "tcp://127.0.0.1:" + other.getLocalPort());

      assertThat(run(FaktoryLoad.commandLine(environment::get), "--seconds=1")).isEqualTo(1);

      assertThat(err.toString()).contains("ConnectException");
    }
  }

  private int run(CommandLine command, String... arguments) {
    return command.setErr(new PrintWriter(err, true)).execute(arguments);
  }
}
