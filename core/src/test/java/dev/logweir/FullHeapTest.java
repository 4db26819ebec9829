package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the heap of a JVM of its own does to jobs when nothing is left of it. */
class FullHeapTest {
  @Test
  @Timeout(300)
  void jobsOnAFullHeap_loseOnlyWhatTheyCount() throws Exception {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx24m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                String.join(
                    File.pathSeparator,
                    System.getProperty("java.class.path"),
                    System.getProperty("jdk.module.path", "")),
                FullHeapJobs.class.getName())
            .redirectErrorStream(true)
            .start();
    try {
      String output = new String(child.getInputStream().readAllBytes(), UTF_8);

      assertThat(child.waitFor()).as(output).isZero();
      assertThat(output).contains("lines lost for want of memory: ");
    } finally {
      child.destroyForcibly();
    }
  }
}
