package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.BindException;
import java.net.HttpURLConnection;
import java.net.Socket;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class RunPageTest {
  private static final String SCRIPT = "</script><script>alert(1)</script>\u2028\r\n";

  private final ArrivedTail arrived = new ArrivedTail(lines -> {});
  private final RunState state = new RunState(List.of(), Map.of(7L, arrived), () -> 5, 100, 10);
  private RunPage page;

  @BeforeEach
  void start() throws IOException {
    page = RunPage.start(state, 0);
  }

  @AfterEach
  void stop() {
    page.close();
  }

  @Test
  void page_isServedAndTakesNothingFromElsewhere() throws IOException {
    HttpURLConnection answer = get(page.url());
    assertThat(answer.getResponseCode()).isEqualTo(200);
    assertThat(answer.getHeaderField("Content-Security-Policy"))
        .startsWith("default-src 'none'; ")
        .containsPattern("script-src 'sha256-[A-Za-z0-9+/]{43}='")
        .doesNotContain("unsafe");
    String html = new String(answer.getInputStream().readAllBytes(), UTF_8);
    assertThat(html).contains("<title>").doesNotContain("http:", "https:", "innerHTML");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/events", "/0123456789abcdef0123456789abcdef/", "/x/../"})
  void withoutTheToken_nothingIsThere(String path) throws IOException {
    assertThat(get(page.url().resolve(path)).getResponseCode()).isEqualTo(404);
  }

  @Test
  void unknownPathBehindTheToken_isNotThere() throws IOException {
    assertThat(get(page.url().resolve("other")).getResponseCode()).isEqualTo(404);
  }

  @Test
  void anotherHost_getsNothing() throws IOException {
    assertThat(status("GET", "attacker.example:" + page.url().getPort())).contains(" 404 ");
    assertThat(status("GET", "localhost:" + page.url().getPort())).contains(" 200 ");
  }

  @Test
  void anotherMethod_isRefused() throws IOException {
    assertThat(status("POST", "localhost:" + page.url().getPort())).contains(" 405 ");
  }

  private String status(String method, String host) throws IOException {
    try (Socket socket = new Socket(page.url().getHost(), page.url().getPort())) {
      OutputStream out = socket.getOutputStream();
      String head = method + " " + page.url().getPath() + " HTTP/1.1\r\nHost: " + host + "\r\n";
      out.write((head + "Content-Length: 0\r\nConnection: close\r\n\r\n").getBytes(UTF_8));
      return new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8)).readLine();
    }
  }

  @Test
  void events_tellTheStateAndTheChosenJobsLog_untilTheEnd() throws Exception {
    state.look(3);
    arrived.send(List.of("one", SCRIPT));
    HttpURLConnection answer = get(page.url().resolve("events?job=7"));
    assertThat(answer.getContentType()).isEqualTo("text/event-stream");
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(answer.getInputStream(), UTF_8));

    assertThat(event(lines, "state"))
        .contains(
            "\"over\":false", "\"retained\":5,\"limit\":100,\"jobLimit\":10", "\"points\":[3]");
    assertThat(event(lines, "log"))
        .contains("\"job\":7,\"first\":0,\"lines\":[\"one\",\"</script><script>alert(1)</script>");

    Thread end = new Thread(page::close);
    end.start();
    String last = event(lines, "state");
    while (last.contains("\"over\":false")) {
      event(lines, "log");
      last = event(lines, "state");
    }
    assertThat(last).contains("\"over\":true");
    assertThat(event(lines, "log")).contains("\"first\":2,\"lines\":[]");
    assertThat(lines.readLine()).isNull();
    end.join();
  }

  private static String event(BufferedReader lines, String name) throws IOException {
    assertThat(lines.readLine()).isEqualTo("event: " + name);
    String data = lines.readLine();
    assertThat(lines.readLine()).isEmpty();
    return data;
  }

  @Test
  void portThatIsTaken_isToldAtTheStart() {
    assertThatThrownBy(() -> RunPage.start(state, page.url().getPort()))
        .isInstanceOf(BindException.class);
  }

  private static HttpURLConnection get(URI url) throws IOException {
    return (HttpURLConnection) url.toURL().openConnection();
  }
}
