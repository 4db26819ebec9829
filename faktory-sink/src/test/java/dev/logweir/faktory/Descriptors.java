package dev.logweir.faktory;

import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import dev.logweir.testkit.Eventually;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** Counts what this process has open in the system, where the system tells. */
final class Descriptors {
  private static final Path OPEN = Path.of("/proc/self/fd");

  static {
    // The JVM opens some of its own at the first use of this or that: also when the first virtual
    // thread waits, where sends run on those.
    try (FakeFaktory server = new FakeFaktory();
        FaktoryClient client = server.client().build();
        LogweirEngine engine = LogweirEngine.builder().build();
        LogStreamer log = LogStreamer.builder(client.sender("1")).engine(engine).start()) {
      log.stdout().write('\n');
      if (!log.finish(Duration.ofSeconds(50)).isComplete()) {
        throw new IllegalStateException("the first line did not arrive");
      }
    } catch (Exception e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private Descriptors() {}

  /** Returns the number of open sockets, selectors and what wakes them. */
  static long count() throws IOException {
    Assumptions.assumeTrue(
        Files.isDirectory(OPEN), "*** NO /proc: OPEN SOCKETS ARE NOT COUNTED ***");
    try (Stream<Path> open = Files.list(OPEN)) {
      return open.filter(Descriptors::isOurs).count();
    }
  }

  /** Waits until there are no more than so many: the other end closes its own in its own time. */
  static void awaitAtMost(long expected) {
    Eventually.until(
        () -> {
          try {
            return count() <= expected;
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
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
