package dev.logweir.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Compares what the published modules have for their users with the {@code api.txt} of each: so a
 * change of it is seen where the change is read. With {@code -Dapi.write=true} the files are
 * written anew.
 */
class PublicApiTest {
  @ParameterizedTest
  @CsvSource({
    "core, dev.logweir",
    "sender-kit, dev.logweir.sender",
    "opslevel-sink, dev.logweir.opslevel",
    "faktory-sink, dev.logweir.faktory",
    "kubernetes, dev.logweir.kubernetes",
    "test-kit, dev.logweir.testkit"
  })
  void publicApi_isAsWrittenDown(String module, String packageName) throws Exception {
    List<String> found = PublicApi.of(packageName);
    Path file = Path.of("..", module, "api.txt");
    if (Boolean.getBoolean("api.write")) {
      Files.write(file, found);
    }
    assertThat(found)
        .as("the public API; CONTRIBUTING.md says how to write %s anew", file)
        .hasSizeGreaterThan(20)
        .containsExactlyElementsOf(Files.readAllLines(file));
  }
}
