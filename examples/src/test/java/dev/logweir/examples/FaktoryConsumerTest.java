package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.faktory.FaktoryUrl;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class FaktoryConsumerTest {
  private static final String LOG_JOB =
      "{\"jid\":\"j1\",\"jobtype\":\"Runners::Faktory::AppendJobLog\",\"args\":[{\"runnerJobId\":"
          + "\"../a b\",\"logChunk\":[\"YQ==\"]}]}";
  private static final String OUTCOME_JOB =
      "{\"jid\":\"j2\",\"jobtype\":\"Runners::Faktory::ReportJobOutcome\",\"args\":[{\"runnerJobId\":"
          + "\"../a b\",\"outcome\":\"success\"}]}";

  private final StringWriter err = new StringWriter();
  private final List<String> commands = new ArrayList<>();
  @TempDir private Path folder;

  @Test
  void log_goesIntoAFileOfTheFolderWhateverItsIdIs() throws Exception {
    assertThat(consume(LOG_JOB, OUTCOME_JOB)).isZero();

    assertThat(folder.resolve("logs")).isDirectoryContaining(file -> true);
    try (var files = Files.list(folder.resolve("logs"))) {
      assertThat(files).containsExactly(folder.resolve("logs/job-..%2Fa+b.log"));
    }
    assertThat(folder.resolve("logs/job-..%2Fa+b.log")).hasContent("a\n");
    assertThat(commands).contains("ACK {\"jid\":\"j1\"}", "ACK {\"jid\":\"j2\"}");
  }

  @Test
  void jobOfAnotherType_isGivenBack() throws Exception {
    assertThat(consume("{\"jid\":\"a\\\"b\",\"jobtype\":\"Mail\\n\",\"args\":[]}")).isEqualTo(1);

    assertThat(err.toString()).startsWith("a job is given back: this consumer knows no jobs of");
    assertThat(commands)
        .contains(
            "FAIL {\"jid\":\"a\\\"b\",\"errtype\":\"Refused\",\"message\":\"this consumer knows no jobs of"
                + " the type Mail?\",\"backtrace\":[]}")
        .noneMatch(command -> command.startsWith("ACK"));
  }

  @Test
  void folder_withFilesInItIsRefused() throws Exception {
    Files.createDirectory(folder.resolve("logs"));
    Files.writeString(folder.resolve("logs/job-1.log"), "of a run before");

    assertThat(consume(LOG_JOB, OUTCOME_JOB)).isEqualTo(2);

    assertThat(err.toString()).contains("--output must be a new or an empty folder: ");
    assertThat(folder.resolve("logs/job-1.log")).hasContent("of a run before");
    assertThat(commands).isEmpty();
  }

  @Test
  void worker_thatIsQuietedGoesOnUntilItIsToEnd() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread thread = new Thread(() -> serve(server, List.of()));
      thread.start();
      try (FaktoryWorker worker =
          FaktoryWorker.connect(FaktoryUrl.of("tcp://127.0.0.1:" + server.getLocalPort()))) {
        worker.beat();
        assertThat(worker.isTerminated()).isFalse();
        assertThat(worker.fetch("app")).isNull();
        worker.beat();
        assertThat(worker.isTerminated()).isTrue();
        assertThat(worker.fetch("app")).isNull();
      }
      thread.join();
    }
    assertThat(commands.stream().filter(command -> command.startsWith("FETCH"))).hasSize(1);
  }

  private int consume(String... jobs) throws Exception {
    Thread thread;
    int status;
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      thread = new Thread(() -> serve(server, List.of(jobs)));
      thread.start();
      String url = "tcp://127.0.0.1:" + server.getLocalPort();
      status =
          FaktoryConsumer.commandLine(Map.of("FAKTORY_URL", url)::get)
              .setErr(new PrintWriter(err, true))
              .execute("--jobs=1", "--output=" + folder.resolve("logs"));
    }
    thread.join();
    return status;
  }

  /** Has one connection, and says quiet to the first heartbeat and terminate to the next. */
  private void serve(ServerSocket server, List<String> jobs) {
    List<String> left = new ArrayList<>(jobs);
    List<String> states = new ArrayList<>(List.of("quiet", "terminate"));
    try (Socket socket = server.accept()) {
      BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
      say(socket, "+HI {\"v\":2}");
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        commands.add(line);
        if (line.equals("END")) {
          return;
        }
        if (line.startsWith("FETCH")) {
          say(socket, left.isEmpty() ? "$-1" : bulk(left.remove(0)));
        } else if (line.startsWith("BEAT")) {
          say(socket, bulk("{\"state\":\"" + states.remove(0) + "\"}"));
        } else {
          say(socket, "+OK");
        }
      }
    } catch (IOException ignored) {
      // the consumer is gone, or none came
    }
  }

  private static String bulk(String text) {
    return "$" + text.length() + "\r\n" + text;
  }

  private static void say(Socket socket, String line) throws IOException {
    socket.getOutputStream().write((line + "\r\n").getBytes(UTF_8));
  }
}
