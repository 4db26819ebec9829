package consumer;

import dev.logweir.BatchSender;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import dev.logweir.LogweirMetrics;
import dev.logweir.SecretMasker;
import dev.logweir.SendException;
import dev.logweir.Slf4jEcho;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.LoggerFactory;

/** Ships one job to a list and one to a server on fire, echoes to a logger, and asks the meters. */
public final class Main {
  private static final SimpleMeterRegistry REGISTRY = new SimpleMeterRegistry();

  private Main() {}

  /** Exits with 0 if what arrived is what had to arrive, and the meters say so. */
  public static void main(String[] args) {
    List<String> arrived = new ArrayList<>();
    LogweirMetrics metrics = LogweirMetrics.register(REGISTRY);
    try (LogweirEngine engine = LogweirEngine.builder().metrics(metrics).build()) {
      LogReport whole = run(engine, lines -> arrived.addAll(lines));
      check(whole.isComplete(), whole);
      check(arrived.equals(List.of("hello", "battery: **********")), arrived);
      LogReport lost =
          run(
              engine,
              lines -> {
                throw SendException.failed("a server on fire", null);
              });
      check(!lost.isComplete(), lost);
    }
    check(count("logweir.lines.shipped") == 2, "shipped " + count("logweir.lines.shipped"));
    double dropped =
        REGISTRY.get("logweir.lines.dropped").tag("reason", "send_failed").functionCounter().count();
    check(dropped == 2, "dropped " + dropped);
    check(REGISTRY.get("logweir.send").tag("outcome", "failed").timer().count() > 0, "calls");
    System.out.println("consumer: ok");
  }

  private static LogReport run(LogweirEngine engine, BatchSender sender) {
    LogStreamer.Builder builder =
        LogStreamer.builder(sender)
            .engine(engine)
            .processor(SecretMasker.of(List.of("correct horse")))
            .listener(Slf4jEcho.to(LoggerFactory.getLogger("job")));
    try (LogStreamer log = builder.start()) {
      PrintStream out = new PrintStream(log.stdout(), true, StandardCharsets.UTF_8);
      out.println("hello");
      out.print("battery: correct horse");
      return log.finish(Duration.ofSeconds(10));
    }
  }

  private static double count(String name) {
    return REGISTRY.get(name).functionCounter().count();
  }

  private static void check(boolean holds, Object what) {
    if (!holds) {
      System.err.println(what);
      System.exit(1);
    }
  }
}
