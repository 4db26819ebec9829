package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Compares where core allocates with the list of it, {@code allocation-sites.txt}: who adds a place
 * says so there, and {@link NoMemoryTest} lets it fail. With {@code -Dallocations.write=true} the
 * list is written anew.
 */
class AllocationSitesTest {
  private static final Path LIST = Path.of("src/test/resources/allocation-sites.txt");

  @Test
  void everySite_isInTheList() throws IOException {
    List<String> found = new AllocationSites().list();
    if (Boolean.getBoolean("allocations.write")) {
      Files.write(LIST, found);
    }
    assertThat(found)
        .as("allocations of core; docs/testing.md says how to write the list anew")
        .containsExactlyElementsOf(Files.readAllLines(LIST));
  }
}
