package dev.logweir.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.WhenFull;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PodLogTest {
  private static final String PATH = "/api/v1/namespaces/jobs/pods/job-1";
  private static final String TERMINATED =
      "{\"terminated\":{\"exitCode\":0,\"reason\":\"Completed\"}}";

  private final Collected sent = new Collected();
  private final ArrayDeque<FakeKubernetes.Answer> answers = new ArrayDeque<>();

  /** What the log was asked for with, each time. */
  private final List<FakeKubernetes.Request> asked = new ArrayList<>();

  /** What is answered when there is nothing else left; null if it is not to be asked for. */
  private FakeKubernetes.Answer further;

  private FakeKubernetes server;
  private KubernetesClient client;
  private LogReport report;
  private PodLogResult result;

  @BeforeEach
  void start() throws Exception {
    server = new FakeKubernetes().running("jobs", "job-1");
    server.on(
        PATH + "/log",
        (request, out) -> {
          FakeKubernetes.Answer next;
          synchronized (answers) {
            asked.add(request);
            next = answers.isEmpty() ? further : answers.poll();
          }
          if (next == null) {
            throw new AssertionError("asked once too often");
          }
          next.run(request, out);
        });
    client =
        new KubernetesClientBuilder()
            .withConfig(
                new ConfigBuilder()
                    .withMasterUrl(server.url())
                    .withRequestRetryBackoffLimit(0)
                    .build())
            .build();
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    server.close();
    assertThat(server.failures).isEmpty();
  }

  private PodLogTest then(FakeKubernetes.Answer answer) {
    answers.add(answer);
    return this;
  }

  private void ends() {
    server.pod("jobs", "job-1", FakeKubernetes.pod("job-1", "Running", 0, TERMINATED));
  }

  private static String at(String time, String text) {
    return "2026-11-28T02:44:" + time + "Z " + text + "\n";
  }

  /** Answers with these lines, in chunks, and then ends the answer in good order. */
  private static void all(FakeKubernetes.Reply out, String... pieces) throws IOException {
    begin(out, pieces);
    out.write(FakeKubernetes.utf8("0\r\n\r\n"));
    out.end();
  }

  private static void begin(OutputStream out, String... pieces) throws IOException {
    FakeKubernetes.head(out, 200, "Content-Type: text/plain", "Transfer-Encoding: chunked");
    for (String piece : pieces) {
      byte[] bytes = FakeKubernetes.utf8(piece);
      if (bytes.length > 0) {
        out.write(FakeKubernetes.utf8(Integer.toHexString(bytes.length) + "\r\n"));
        out.write(bytes);
        out.write(FakeKubernetes.utf8("\r\n"));
      }
    }
    out.flush();
  }

  private PodLog.Builder podLog() {
    return PodLog.builder(client).namespace("jobs").pod("job-1");
  }

  private boolean follow() throws Exception {
    return follow(podLog().build());
  }

  private boolean follow(PodLog podLog) throws Exception {
    try (LogStreamer log =
        LogStreamer.builder(sent).whenFull(WhenFull.WAIT).maxInterval(Duration.ZERO).start()) {
      try {
        result = podLog.follow(log);
        return result.isComplete();
      } finally {
        report = log.finish();
      }
    }
  }

  @Test
  void follow_readsToTheEndAndOnceMoreForWhatCameSince() throws Exception {
    then(
        (r, out) -> {
          ends();
          all(out, at("01.5", "one"), at("02.1", "two"));
        });
    then((r, out) -> all(out, at("02.1", "two"), at("02.2", "three"), "2026-11-28T02:44:03Z last"));

    assertThat(follow()).isTrue();
    assertThat(sent.lines()).containsExactly("one", "two", "three", "last");
    assertThat(report.isComplete()).isTrue();
    assertThat(asked.get(0).all("follow")).containsExactly("true");
    assertThat(asked.get(0).all("timestamps")).containsExactly("true");
    assertThat(asked.get(0).all("sinceTime")).isEmpty();
    // Some seconds before the last line, as one that comes later may have an earlier time.
    assertThat(asked.get(1).all("sinceTime")).containsExactly("2026-11-28T02:43:57Z");
    assertThat(asked.get(1).all("follow")).isEmpty();
  }

  @Test
  void follow_goesOnAfterACut_withoutLinesTwice() throws Exception {
    String[] lines = {
      at("01.5", "one"), at("02.1", "same"), at("02.1", "same"), at("02.3", "two"), at("02.2", "x")
    };
    then(
        (r, out) -> {
          begin(out, lines[0], lines[1], lines[2], lines[3], lines[4], "2026-11-28T02:44:02.9Z ha");
          sent.await(5);
          throw new IOException("cut");
        });
    then(
        (r, out) -> {
          ends();
          all(out, lines[1], lines[2], lines[3], lines[4], at("02.9", "half"), at("02.9", "half"));
        });
    then(
        (r, out) ->
            all(
                out,
                lines[1],
                lines[2],
                lines[3],
                lines[4],
                at("02.9", "half"),
                at("02.9", "half")));

    assertThat(follow()).isTrue();
    assertThat(sent.lines()).containsExactly("one", "same", "same", "two", "x", "half", "half");
    assertThat(report.isComplete()).isTrue();
  }

  @Test
  void follow_marksAGapThatCannotBeRuledOut() throws Exception {
    then(
        (r, out) -> {
          begin(out, at("01.5", "one"), at("02.1", "two"));
          sent.await(2);
          throw new IOException("cut");
        });
    then(
        (r, out) -> {
          ends();
          all(out, at("07.1", "nine"));
        });
    then((r, out) -> all(out, at("07.1", "nine")));

    assertThat(follow()).isFalse();
    assertThat(sent.lines())
        .containsExactly(
            "one",
            "two",
            "[logweir "
                + report.markerToken()
                + "] the pod's log was cut: lines may be missing here",
            "nine");
    assertThat(report.isComplete()).isFalse();
  }

  @Test
  void follow_isNotCompleteIfThePodIsGone() throws Exception {
    then(
        (r, out) -> {
          begin(out, at("01.5", "one"));
          sent.await(1);
          server.on(PATH, (x, other) -> FakeKubernetes.status(other, 404, "NotFound"));
          throw new IOException("cut");
        });

    assertThat(follow()).isFalse();
    assertThat(sent.lines()).containsExactly("one");
    assertThat(report.isComplete()).isFalse();
  }

  @Test
  void follow_survivesTooManyRequestsAndAContainerThatWaits() throws Exception {
    then((r, out) -> FakeKubernetes.status(out, 400, "BadRequest"));
    then((r, out) -> FakeKubernetes.status(out, 429, "TooManyRequests"));
    then((r, out) -> FakeKubernetes.status(out, 503, "ServiceUnavailable"));
    then(
        (r, out) -> {
          ends();
          all(out, at("01.5", "one"));
        });
    then((r, out) -> all(out, at("01.5", "one")));

    assertThat(follow()).isTrue();
    assertThat(sent.lines()).containsExactly("one");
    assertThat(report.isComplete()).isTrue();
  }

  @Test
  void follow_givesUpALogThatIsNotToBeHad() throws Exception {
    for (int i = 0; i < 20; i++) {
      then((r, out) -> FakeKubernetes.status(out, 503, "ServiceUnavailable"));
    }
    assertThat(follow(podLog().maxOutage(Duration.ofMillis(50)).build())).isFalse();
    assertThat(report.isComplete()).isFalse();
    assertThat(result)
        .hasToString("pod jobs/job-1: the log was not to be had for 50 ms: HTTP 503: no");
    assertThat(result.status()).isEqualTo(503);
  }

  @Test
  void follow_saysThatThereIsNoSuchPod() throws Exception {
    PodLog podLog = PodLog.builder(client).namespace("jobs").pod("job-2").container("main").build();
    assertThat(follow(podLog)).isFalse();
    assertThat(result).hasToString("pod jobs/job-2, container main: not found; HTTP 404: no");
    assertThat(result.status()).isEqualTo(404);
    assertThat(report.isComplete()).isFalse();
  }

  @Test
  void follow_saysThatThereIsNoSuchContainer() throws Exception {
    then((r, out) -> FakeKubernetes.status(out, 400, "BadRequest"));
    assertThat(follow(podLog().container("other").build())).isFalse();
    assertThat(result)
        .hasToString("pod jobs/job-1, container other: it has no such container; HTTP 400: no");
    assertThat(asked).hasSize(1);
  }

  @Test
  void follow_saysThatItIsNotAllowed_inTheServersWords() throws Exception {
    then(
        (r, out) ->
            FakeKubernetes.json(
                out, 403, "{\"kind\":\"Status\",\"message\":\"pods \\\"job-1\\\" is forbidden\"}"));
    assertThat(follow()).isFalse();
    assertThat(result).hasToString("pod jobs/job-1: HTTP 403: pods \"job-1\" is forbidden");
    assertThat(asked).hasSize(1);
  }

  /** The words of a proxy, in part, and then nothing. */
  @Test
  void follow_waitsNoLongerForTheServersWordsThanForItsAnswer() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    then(
        (r, out) -> {
          FakeKubernetes.head(out, 403, "Content-Type: text/plain", "Content-Length: 100");
          out.write(FakeKubernetes.utf8("no"));
          out.flush();
          over.await();
        });
    assertThat(follow(podLog().requestTimeout(Duration.ofMillis(200)).build())).isFalse();
    over.countDown();
    assertThat(result.toString()).startsWith("pod jobs/job-1: HTTP 403");
  }

  /** Nothing comes on what is open, while the container ends. */
  @Test
  void follow_leavesAConnectionThatIsHalfOpen_whenTheContainerHasEnded() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    then(
        (r, out) -> {
          begin(out, at("01.5", "one"));
          ends();
          over.await();
        });
    further = (r, out) -> all(out, at("01.5", "one"), at("02.5", "two"));

    assertThat(follow(podLog().checkInterval(Duration.ofMillis(20)).build())).isTrue();
    over.countDown();
    assertThat(sent.lines()).containsExactly("one", "two");
    assertThat(result).hasToString("pod jobs/job-1: read to its end");
  }

  /** Nothing comes on what is open, though the container runs and writes. */
  @Test
  void follow_asksAnewWhereNothingComes() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    then(
        (r, out) -> {
          begin(out, at("01.5", "one"));
          over.await();
        });
    further =
        (r, out) -> {
          ends();
          all(out, at("01.5", "one"), at("02.5", "two"));
        };

    assertThat(follow(podLog().checkInterval(Duration.ofMillis(20)).build())).isTrue();
    over.countDown();
    assertThat(sent.lines()).containsExactly("one", "two");
    assertThat(report.isComplete()).isTrue();
  }

  @Test
  void follow_ofAPodThatWasStartedAnew_isNotComplete() throws Exception {
    then(
        (r, out) -> {
          begin(out, at("01.5", "one"));
          sent.await(1);
          server.pod(
              "jobs",
              "job-1",
              FakeKubernetes.pod("job-1", "Running", 1, "{'running':{}}".replace('\'', '"')));
          throw new IOException("cut");
        });
    assertThat(follow()).isFalse();
    assertThat(result.toString()).contains("started anew");
  }

  @Test
  void follow_givesOutLongLinesAndSecondsWithManyLines() throws Exception {
    String longLine = "y".repeat(200_000);
    List<String> many = new ArrayList<>();
    for (int i = 0; i < SeenLines.MAX_LINES + 50; i++) {
      many.add(at("05." + (100_000 + i), "line " + i));
    }
    String text = String.join("", many);
    then(
        (r, out) -> {
          begin(out, at("01.5", longLine), text);
          sent.await(SeenLines.MAX_LINES + 50);
          throw new IOException("cut");
        });
    then(
        (r, out) -> {
          ends();
          all(out, text, at("05.9", "end"));
        });
    then((r, out) -> all(out, text, at("05.9", "end")));

    assertThat(follow()).isTrue();
    List<String> lines = sent.lines();
    assertThat(lines).filteredOn(line -> line.startsWith("line ")).hasSize(many.size());
    assertThat(lines).endsWith("end");
    assertThat(report.sink().accepted().bytes())
        .isEqualTo(longLine.length() + 1 + text.length() - prefixBytes(many) + 4);
    assertThat(report.isComplete()).isTrue();
  }

  private static long prefixBytes(List<String> lines) {
    return lines.stream().mapToLong(line -> line.indexOf(' ') + 1).sum();
  }

  @Test
  void follow_canBeInterrupted() throws Exception {
    CountDownLatch up = new CountDownLatch(1);
    CountDownLatch over = new CountDownLatch(1);
    then(
        (r, out) -> {
          begin(out, at("01.5", "one"));
          up.countDown();
          over.await();
        });
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread follower =
        new Thread(
            () -> {
              try {
                follow();
              } catch (Throwable e) {
                thrown.set(e);
              }
            });
    follower.start();
    up.await();
    follower.interrupt();
    follower.join();
    over.countDown();
    assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
    assertThat(report.isComplete()).isFalse();
  }

  @Test
  void settings_areChecked() {
    assertThatThrownBy(() -> PodLog.builder(client).build()).hasMessage("pod must be set");
    assertThatIllegalArgumentException().isThrownBy(() -> podLog().container("?"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> podLog().maxOutage(Duration.ZERO))
        .withMessage("maxOutage must be from 1 ms to 7 days: PT0S");
    assertThat(podLog().build()).hasToString("PodLog[pod jobs/job-1]");
  }
}
