package consumer;

import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.SecretMasker;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Ships two lines of a job, one of them with a secret, to a list. */
public final class Main {
  private Main() {}

  /** Exits with 0 if what arrived is what had to arrive. */
  public static void main(String[] args) {
    List<String> arrived = new ArrayList<>();
    try (LogStreamer log =
        LogStreamer.builder(lines -> arrived.addAll(lines))
            .processor(SecretMasker.of(List.of("correct horse")))
            .start()) {
      PrintStream out = new PrintStream(log.stdout(), true, StandardCharsets.UTF_8);
      out.println("hello");
      out.print("battery: correct horse");
      LogReport report = log.finish(Duration.ofSeconds(10));
      if (!report.isComplete() || !arrived.equals(List.of("hello", "battery: **********"))) {
        System.err.println(report + ": " + arrived);
        System.exit(1);
      }
    }
    System.out.println("consumer: ok");
  }
}
