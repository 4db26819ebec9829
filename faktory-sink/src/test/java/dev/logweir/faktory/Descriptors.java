package dev.logweir.faktory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** Counts what this process has open in the system, where the system tells. */
final class Descriptors {
  private static final Path OPEN = Path.of("/proc/self/fd");

  private Descriptors() {}

  /** Returns the number of open sockets, selectors and what wakes them. */
  static long count() throws IOException {
    Assumptions.assumeTrue(
        Files.isDirectory(OPEN), "*** NO /proc: OPEN SOCKETS ARE NOT COUNTED ***");
    try (Stream<Path> open = Files.list(OPEN)) {
      return open.filter(Descriptors::isOurs).count();
    }
  }

  private static boolean isOurs(Path descriptor) {
    try {
      String target = Files.readSymbolicLink(descriptor).toString();
      return target.startsWith("socket:") || target.startsWith("anon_inode:[event");
    } catch (IOException gone) {
      return false;
    }
  }
}
