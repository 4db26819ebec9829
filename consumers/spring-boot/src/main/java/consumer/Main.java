package consumer;

import com.sun.net.httpserver.HttpServer;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import dev.logweir.LogweirMetrics;
import dev.logweir.opslevel.OpsLevelClient;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootVersion;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;

/** An application with an engine as a bean, whose meters Actuator shows. */
@SpringBootApplication
public class Main {
  private static final String LINE = "hello from a bean";

  @Bean
  LogweirMetrics logweirMetrics(MeterRegistry registry) {
    return LogweirMetrics.register(registry);
  }

  @Bean(destroyMethod = "close")
  LogweirEngine logweirEngine(LogweirMetrics metrics) {
    return LogweirEngine.builder().metrics(metrics).build();
  }

  /** Exits with 0 if the line arrived and its bytes stand in Actuator's metrics. */
  public static void main(String[] args) throws Exception {
    SpringApplication application = new SpringApplication(Main.class);
    application.setDefaultProperties(
        Map.of(
            "server.port", "0",
            "server.address", "localhost",
            "management.endpoints.web.exposure.include", "metrics",
            "spring.main.banner-mode", "off"));
    try (ConfigurableApplicationContext context = application.run(args)) {
      int arrived = ship(context.getBean(LogweirEngine.class));
      String metric = metric(context.getEnvironment().getProperty("local.server.port"));
      boolean counted = metric.contains("\"value\":" + (LINE.length() + 1) + ".0");
      if (arrived != 1 || !counted) {
        System.err.println("arrived " + arrived + " times; " + metric);
        System.exit(1);
      }
      System.out.println("consumer: ok with Spring Boot " + SpringBootVersion.getVersion());
    }
  }

  private static int ship(LogweirEngine engine) throws Exception {
    AtomicInteger arrived = new AtomicInteger();
    String encoded = Base64.getEncoder().encodeToString(LINE.getBytes(StandardCharsets.UTF_8));
    HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/graphql",
        exchange -> {
          String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          arrived.addAndGet(body.contains(encoded) ? 1 : 0);
          byte[] answer = "{\"data\":{\"runnerAppendJobLog\":{\"errors\":[]}}}".getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().set("Content-Type", "application/json");
          exchange.sendResponseHeaders(200, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    server.start();
    String url = "http://localhost:" + server.getAddress().getPort();
    try (OpsLevelClient client = OpsLevelClient.builder().apiUrl(url).token("token").runnerId("1").build();
        LogStreamer log = LogStreamer.builder(client.sender("1")).engine(engine).start()) {
      byte[] line = (LINE + "\n").getBytes(StandardCharsets.UTF_8);
      log.stdout().write(line, 0, line.length);
      LogReport report = log.finish(Duration.ofSeconds(10));
      if (!report.isComplete()) {
        throw new IllegalStateException(report.toString());
      }
    } finally {
      server.stop(0);
    }
    return arrived.get();
  }

  private static String metric(String port) throws Exception {
    URI uri = URI.create("http://localhost:" + port + "/actuator/metrics/logweir.bytes.shipped");
    return HttpClient.newHttpClient().send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString()).body();
  }
}
