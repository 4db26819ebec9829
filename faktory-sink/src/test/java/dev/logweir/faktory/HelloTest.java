package dev.logweir.faktory;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who the client says it is. */
@Timeout(60)
class HelloTest {
  @TempDir Path folder;

  @Test
  void hello_hasTheUserOfTheUrlAndTheHost() throws Exception {
    try (FakeFaktory server = new FakeFaktory();
        FaktoryClient client =
            FaktoryClient.builder()
                .url("tcp://pay%40roll:word@127.0.0.1:" + server.port() + "/0?a=b")
                .build()) {
      client.sender("1").send(List.of("line"));

      assertThat(server.hellos).hasSize(1);
      assertThat(server.hellos.get(0))
          .containsEntry("username", "pay@roll")
          .containsEntry("hostname", HostName.get());
    }
  }

  @Test
  void hello_hasNoUserWhereNoneIsGiven() throws Exception {
    try (FakeFaktory server = new FakeFaktory();
        FaktoryClient client = server.client().build()) {
      client.sender("1").send(List.of("line"));

      assertThat(server.hellos.get(0)).doesNotContainKey("username");
    }
  }

  @Test
  void host_isTheKernelsElseTheEnvironmentsElseTheResolvers() throws Exception {
    Path kernel = folder.resolve("hostname");
    Files.writeString(kernel, "pod-7\n");
    Path none = folder.resolve("none");
    Map<String, String> both = Map.of("HOSTNAME", "a", "COMPUTERNAME", "b");

    assertThat(HostName.find(kernel, both::get)).isEqualTo("pod-7");
    assertThat(HostName.find(none, both::get)).isEqualTo("a");
    assertThat(HostName.find(none, Map.of("COMPUTERNAME", "b")::get)).isEqualTo("b");
    assertThat(HostName.find(none, name -> null)).isNotEmpty();
  }
}
