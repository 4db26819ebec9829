package dev.logweir.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.logweir.ExitMarker;
import dev.logweir.LogEnd;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.WhenFull;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class PodExecTest {
  private static final Duration SHORT = Duration.ofMillis(20);

  private final Collected sent = new Collected();

  /** Is told of the job's first line; null where nobody waits for it. */
  private @Nullable CountDownLatch lineCame;

  private FakeKubernetes server;
  private KubernetesClient client;
  private LogReport report;

  @BeforeEach
  void start() throws Exception {
    server = new FakeKubernetes().running("jobs", "job-1");
    client = client(0);
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    server.close();
    assertThat(server.failures).isEmpty();
  }

  private KubernetesClient client(long pingMillis) {
    return new KubernetesClientBuilder()
        .withConfig(
            new ConfigBuilder()
                .withMasterUrl(server.url())
                .withNamespace("default")
                .withRequestRetryBackoffLimit(3)
                .withRequestRetryBackoffInterval(1)
                .withRequestTimeout(5_000)
                .withWebsocketPingInterval(pingMillis)
                .build())
        .build();
  }

  private PodExec.Builder exec() {
    return PodExec.builder(client)
        .connectTimeout(Duration.ofSeconds(60))
        .namespace("jobs")
        .pod("job-1")
        .stoppable(false);
  }

  private PodExecResult run(FakeKubernetes.Script script) throws Exception {
    return run(script, builder -> builder);
  }

  private PodExecResult run(FakeKubernetes.Script script, UnaryOperator<PodExec.Builder> settings)
      throws Exception {
    server.exec(script);
    return run(settings.apply(exec()).build(), "make", "all");
  }

  private PodExecResult run(PodExec exec, String... command) throws Exception {
    LogStreamer.Builder builder = LogStreamer.builder(sent).whenFull(WhenFull.WAIT);
    CountDownLatch awaited = lineCame;
    if (awaited != null) {
      builder.listener(line -> awaited.countDown());
    }
    try (LogStreamer log = builder.start()) {
      try {
        return exec.run(log, command);
      } finally {
        report = log.finish();
      }
    }
  }

  @Test
  void run_feedsBothStreamsAndReturnsTheExitCode() throws Exception {
    PodExecResult result =
        run(e -> e.upgrade().stdout("one\n").stderr("two\n").stdout("three").exit(3).close(1000));

    assertThat(result.exitCode()).hasValue(3);
    assertThat(result.isSevered()).isFalse();
    assertThat(result).hasToString("pod jobs/job-1: exit code 3");
    assertThat(sent.lines()).containsExactlyInAnyOrder("one", "two", "three");
    assertThat(report.isComplete()).isTrue();
    FakeKubernetes.Request request = server.requests.get(server.requests.size() - 1);
    assertThat(request.path()).isEqualTo("/api/v1/namespaces/jobs/pods/job-1/exec");
    assertThat(request.all("command")).containsExactly("make", "all");
    assertThat(request.all("stdout")).containsExactly("true");
    assertThat(request.all("container")).isEmpty();
  }

  @Test
  void run_sendsEveryWordAsItIs() throws Exception {
    server.exec(e -> e.upgrade().exit(0).close(1000));
    run(exec().container("main").build(), "sh", "-c", "a b+c%20&d=e\n\u00e9 '\"$x?#", "");

    FakeKubernetes.Request request = server.requests.get(server.requests.size() - 1);
    assertThat(request.all("command"))
        .containsExactly("sh", "-c", "a b+c%20&d=e\n\u00e9 '\"$x?#", "");
    assertThat(request.all("container")).containsExactly("main");
  }

  @Test
  void run_takesBytesThatComeAfterTheStatus() throws Exception {
    PodExecResult result =
        run(e -> e.upgrade().stdout("a\n").exit(0).stdout("late\n").stdout("st").close(1000));

    assertThat(result.exitCode()).hasValue(0);
    assertThat(sent.lines()).containsExactly("a", "late", "st");
    assertThat(report.isComplete()).isTrue();
  }

  @Test
  void run_endsWhenTheServerLeavesTheStreamOpenAfterTheStatus() throws Exception {
    PodExecResult result =
        run(
            e -> {
              e.upgrade().stdout("a\n").exit(7).hang();
            });

    assertThat(result.exitCode()).hasValue(7);
    assertThat(report.isComplete()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {1000, 1001, 1011})
  void run_isSeveredByACloseWithoutAStatus(int code) throws Exception {
    PodExecResult result = run(e -> e.upgrade().stdout("a\nhalf a li").close(code));

    assertThat(result.exitCode()).isEmpty();
    assertThat(result.isSevered()).isTrue();
    assertThat(result.cause()).isEqualTo(PodExecResult.Cause.CLOSED);
    assertThat(result).hasToString("pod jobs/job-1: severed, closed by the server (" + code + ")");
    assertThat(sent.lines()).containsExactly("a", "half a li");
    assertThat(report.isComplete()).isFalse();
    assertThat(report.badEnds()).hasSize(2);
  }

  /** The server reads what the client sends, and answers no ping once the client has the line. */
  @Test
  void run_isSeveredByAPingWithoutAnAnswer() throws Exception {
    client.close();
    client = client(500);
    assumeTrue(
        client.getHttpClient().getClass().getName().contains(".okhttp."),
        "only OkHttp's client sends pings");
    CountDownLatch came = new CountDownLatch(1);
    lineCame = came;
    PodExecResult result =
        run(
            e -> {
              e.upgrade().stdout("a\n");
              while (!came.await(10, TimeUnit.MILLISECONDS)) {
                e.frame(FakeKubernetes.PONG, new byte[0]);
              }
              e.hang();
            });

    assertThat(result.cause()).isEqualTo(PodExecResult.Cause.FAILED);
    assertThat(result.isSevered()).isTrue();
    assertThat(sent.lines()).containsExactly("a");
    assertThat(report.isComplete()).isFalse();
  }

  /** A close frame may have no code; a client may not send the code that stands for that. */
  @Test
  void run_isSeveredByACloseWithoutACode() throws Exception {
    PodExecResult result =
        run(
            e -> {
              e.upgrade().stdout("a\n").frame(FakeKubernetes.CLOSE, new byte[0]);
              e.hang();
            });

    assertThat(result.cause()).isEqualTo(PodExecResult.Cause.CLOSED);
    assertThat(result.isSevered()).isTrue();
    assertThat(sent.lines()).containsExactly("a");
  }

  @Test
  void run_isSeveredByAConnectionThatEndsOrIsReset() throws Exception {
    PodExecResult cut = run(e -> e.upgrade().stdout("a\nhalf").cut());
    assertThat(cut.isSevered()).isTrue();
    assertThat(report.isComplete()).isFalse();
    assertThat(sent.lines()).containsExactly("a", "half");

    // Not before the client has read the upgrade: a reset throws away what it has not.
    PodExecResult reset =
        run(
            e -> {
              e.upgrade().stdout("b\n");
              sent.await(3);
              e.reset();
            });
    assertThat(reset.isSevered()).isTrue();
    assertThat(report.isComplete()).isFalse();
  }

  @Test
  void run_isSeveredAtEveryByteOfAFrame() throws Exception {
    byte[] frame = {(byte) 0x82, 5, 1, 'a', 'b', 'c', '\n'};
    for (int length = 0; length < frame.length; length++) {
      byte[] part = Arrays.copyOf(frame, length);
      PodExecResult result =
          run(
              e -> {
                e.upgrade().stdout("x\n").raw(part);
                e.cut();
              });
      assertThat(result.isSevered()).as("cut after %s", length).isTrue();
      assertThat(report.isComplete()).isFalse();
    }
    assertThat(sent.lines()).hasSize(frame.length).containsOnly("x");
  }

  @Test
  void run_saysWhatTheServerSaysOfACommandThatDidNotStart() throws Exception {
    PodExecResult result =
        run(
            e ->
                e.upgrade()
                    .status(
                        "{'status':'Failure','reason':'InternalError','message':'no such\\nfile'}")
                    .close(1000));

    assertThat(result.exitCode()).isEmpty();
    assertThat(result.cause()).isEqualTo(PodExecResult.Cause.REFUSED);
    assertThat(result).hasToString("pod jobs/job-1: the server says: no such file");
    assertThat(report.isComplete()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "no json", "{'status':'Failure','reason':'NonZeroExitCode'}"})
  void run_takesAStatusThatItDoesNotUnderstandForNone(String status) throws Exception {
    PodExecResult result = run(e -> e.upgrade().stdout("a\n").status(status).close(1000));

    assertThat(result.isSevered()).isTrue();
    assertThat(report.isComplete()).isFalse();
  }

  @Test
  void run_ignoresOtherChannelsAndEmptyFrames() throws Exception {
    PodExecResult result =
        run(
            e -> {
              e.upgrade().channel(4, new byte[] {1}).channel(255, new byte[] {1}).stdout("");
              e.frame(FakeKubernetes.BINARY, new byte[0]);
              e.stdout("a\n").exit(0).close(1000);
            });

    assertThat(result.exitCode()).hasValue(0);
    assertThat(sent.lines()).containsExactly("a");
  }

  /** Runs a command that writes a line and hangs, while something happens in the cluster. */
  private PodExecResult runThatHangs(Runnable happening) throws Exception {
    CountDownLatch came = new CountDownLatch(1);
    lineCame = came;
    return run(
        e -> {
          e.upgrade().stdout("a\n");
          came.await(); // or the pod could be gone before the client has read what came
          happening.run();
          e.hang();
        },
        builder -> builder.checkInterval(SHORT));
  }

  @Test
  void run_findsThatThePodIsGone() throws Exception {
    PodExecResult result =
        runThatHangs(
            () ->
                server.on(
                    "/api/v1/namespaces/jobs/pods/job-1",
                    (r, out) -> FakeKubernetes.status(out, 404, "NotFound")));

    assertThat(result.isSevered()).isTrue();
    assertThat(result.cause()).isEqualTo(PodExecResult.Cause.POD_GONE);
    assertThat(sent.lines()).containsExactly("a");
    assertThat(report.isComplete()).isFalse();
  }

  @Test
  void run_findsThatTheContainerWasStartedAnew() throws Exception {
    PodExecResult result =
        runThatHangs(
            () ->
                server.pod(
                    "jobs",
                    "job-1",
                    FakeKubernetes.pod("job-1", "Running", 1, "{\"running\":{}}")));

    assertThat(result.cause()).isEqualTo(PodExecResult.Cause.CONTAINER_GONE);
    assertThat(report.isComplete()).isFalse();
  }

  @Test
  void run_findsThatTheContainerHasEnded() throws Exception {
    PodExecResult result =
        runThatHangs(
            () ->
                server.pod(
                    "jobs",
                    "job-1",
                    FakeKubernetes.pod(
                        "job-1",
                        "Running",
                        0,
                        "{\"terminated\":{\"exitCode\":137,\"reason\":\"OOMKilled\"}}")));

    assertThat(result.cause()).isEqualTo(PodExecResult.Cause.CONTAINER_GONE);
    assertThat(result.toString()).contains("OOMKilled").contains("137");
  }

  @Test
  void run_givesUpAStreamOfAnApiServerThatIsAway() throws Exception {
    PodExecResult result =
        runThatHangs(
            () ->
                server.on(
                    "/api/v1/namespaces/jobs/pods/job-1",
                    (r, out) -> FakeKubernetes.status(out, 503, "ServiceUnavailable")));

    assertThat(result.cause()).isEqualTo(PodExecResult.Cause.UNREACHABLE);
  }

  @Test
  void run_waitsForAQuietCommandInAPodThatRuns() throws Exception {
    CountDownLatch looked = new CountDownLatch(5);
    PodExecResult result =
        run(
            e -> {
              server.on(
                  "/api/v1/namespaces/jobs/pods/job-1",
                  (r, out) -> {
                    looked.countDown();
                    FakeKubernetes.json(
                        out, 200, FakeKubernetes.pod("job-1", "Running", 0, "{\"running\":{}}"));
                  });
              e.upgrade();
              looked.await();
              e.stdout("a\n").exit(0).close(1000);
            },
            builder -> builder.checkInterval(SHORT));

    assertThat(result.exitCode()).hasValue(0);
    assertThat(report.isComplete()).isTrue();
  }

  @Test
  void run_worksWhereTheClientMayNotLookAtPods() throws Exception {
    server.on(
        "/api/v1/namespaces/jobs/pods/job-1",
        (r, out) -> FakeKubernetes.status(out, 403, "Forbidden"));

    assertThat(run(e -> e.upgrade().stdout("a\n").exit(0).close(1000)).exitCode()).hasValue(0);
  }

  @Test
  void run_endsWhenItsTimeIsOver() throws Exception {
    PodExecResult result =
        run(e -> e.upgrade().stdout("a\n").hang(), builder -> builder.maxDuration(SHORT));

    assertThat(result.cause()).isEqualTo(PodExecResult.Cause.TIMED_OUT);
    assertThat(report.isComplete()).isFalse();
  }

  // ---- with a marker ----

  private PodExecResult runMarked(ExitMarker marker, FakeKubernetes.Script script)
      throws Exception {
    server.exec(script);
    try (LogStreamer log =
        LogStreamer.builder(sent).whenFull(WhenFull.WAIT).exitMarker(marker).start()) {
      PodExecResult result = exec().build().run(log, marker.wrap("sh", "make"));
      report = log.finish();
      return result;
    }
  }

  /** Returns what the wrapped command writes at its end, as this machine's shell has it. */
  private static byte[] marked(ExitMarker marker, int code) throws Exception {
    Process process = new ProcessBuilder(marker.wrap("sh", "exit " + code)).start();
    return process.getInputStream().readAllBytes();
  }

  @Test
  void run_takesTheMarkerForAnEnd_whereTheServerSaysNothing() throws Exception {
    ExitMarker marker = ExitMarker.random();
    byte[] end = marked(marker, 5);
    PodExecResult result =
        runMarked(marker, e -> e.upgrade().stdout("a\nhalf").stdout(end).close(1000));

    assertThat(result.exitCode()).hasValue(5);
    assertThat(sent.lines()).containsExactly("a", "half");
    assertThat(report.isComplete()).isTrue();
    assertThat(report.end().exitCode()).hasValue(5);
  }

  @Test
  void run_prefersTheMarkerToTheStatus() throws Exception {
    ExitMarker marker = ExitMarker.random();
    byte[] end = marked(marker, 5);
    PodExecResult result = runMarked(marker, e -> e.upgrade().exit(0).stdout(end).close(1000));

    assertThat(result.exitCode()).hasValue(5);
    assertThat(report.isComplete()).isTrue();
  }

  @Test
  void run_takesTheStatusWithoutAMarker_butDoesNotCallTheLogComplete() throws Exception {
    PodExecResult result =
        runMarked(
            ExitMarker.random(), e -> e.upgrade().stdout("a\nbytes are mis").exit(0).close(1000));

    assertThat(result.exitCode()).hasValue(0);
    assertThat(report.end().exitCode()).hasValue(0);
    assertThat(report.isComplete()).isFalse();
  }

  /** The marker, cut after each of its bytes, and nothing else to go by. */
  @Test
  void run_isSeveredAtEveryByteOfTheMarker() throws Exception {
    ExitMarker marker = ExitMarker.random();
    byte[] end = marked(marker, 0);
    for (int length = 0; length < end.length; length++) {
      byte[] part = Arrays.copyOf(end, length);
      PodExecResult result = runMarked(marker, e -> e.upgrade().stdout("a").stdout(part).cut());
      assertThat(result.isSevered()).as("cut after %s", length).isTrue();
      assertThat(report.isComplete()).isFalse();
      assertThat(report.end().kind()).isEqualTo(LogEnd.Kind.SEVERED);
    }
    assertThat(sent.lines()).hasSize(end.length).containsOnly("a");
  }

  @Test
  void run_ofAWrappedCommand_onRealProcesses() throws Exception {
    ExitMarker marker = ExitMarker.random();
    server.exec(FakeKubernetes.Exec::runHere);
    try (LogStreamer log = LogStreamer.builder(sent).exitMarker(marker).start()) {
      PodExecResult result =
          exec().stoppable(true).build().run(log, marker.wrap("sh", "echo a; exit 3", "-e"));
      assertThat(result.exitCode()).hasValue(3);
      assertThat(log.finish().isComplete()).isTrue();
    }
    assertThat(sent.lines()).containsExactly("a");
  }

  @Test
  void run_refusesACommandThatReadsItsScriptFromItsInput() {
    ExitMarker marker = ExitMarker.random();
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> run(exec().build(), marker.wrapPiped("bash", "-e").toArray(new String[0])))
        .withMessage(
            "command must have its script as an argument, by ExitMarker.wrap: there is no input"
                + " in a pod to pipe it to");
    assertThat(server.requests).isEmpty();
  }

  /** The program that is looked for is {@code env}'s, unless the command can't be stopped. */
  @Test
  void run_ofAProgramThatIsNotThere_ends127() throws Exception {
    server.exec(FakeKubernetes.Exec::runHere);
    PodExecResult result = run(exec().stoppable(true).build(), "no-such-program", "x");

    assertThat(result.exitCode()).hasValue(127);
    assertThat(sent.lines()).singleElement().asString().contains("no-such-program");
    assertThat(report.isComplete()).isTrue();
  }

  // ---- what does not start ----

  private PodExecException refused(PodExec exec) {
    AtomicReference<PodExecException> refused = new AtomicReference<>();
    assertThatExceptionOfType(PodExecException.class)
        .isThrownBy(() -> run(exec, "true"))
        .satisfies(refused::set);
    // Without an answer it may have run, and its output is lost.
    assertThat(report.isComplete()).isEqualTo(refused.get().status() > 0);
    return refused.get();
  }

  @Test
  void run_saysThatThereIsNoSuchPod() {
    PodExecException e = refused(exec().pod("job-2").container("main").build());
    assertThat(e).hasMessage("pod jobs/job-2, container main: not found");
    assertThat(e.status()).isEqualTo(404);
  }

  @Test
  void run_saysThatThereIsNoSuchContainer() {
    assertThat(refused(exec().container("other").build()))
        .hasMessage("pod jobs/job-1, container other: it has no such container");
  }

  @Test
  void run_saysThatThePodDoesNotRun() {
    server.pod("jobs", "job-1", FakeKubernetes.pod("job-1", "Pending", 0, "{\"waiting\":{}}"));
    assertThat(refused(exec().build())).hasMessageContaining("Pending");
    server.pod("jobs", "job-1", FakeKubernetes.pod("job-1", "Succeeded", 0, "{}"));
    assertThat(refused(exec().build())).hasMessageContaining("Succeeded");
  }

  @Test
  void run_saysThatItIsNotAllowed() {
    server.exec(e -> e.refuse(403, "Forbidden"));
    PodExecException e = refused(exec().build());
    assertThat(e)
        .hasMessage(
            "pod jobs/job-1: not allowed: the verbs get and create of pods/exec are needed"
                + " (HTTP 403)");
    assertThat(e.status()).isEqualTo(403);
  }

  @Test
  void run_saysThatThePodIsGoneSince() {
    server.exec(e -> e.refuse(404, "NotFound"));
    assertThat(refused(exec().build())).hasMessage("pod jobs/job-1: not found (HTTP 404)");
  }

  /** A request that failed may have started the command, whatever the client does with others. */
  @Test
  void run_asksOnceOnly() {
    server.exec(e -> e.refuse(500, "InternalError"));
    assertThat(refused(exec().build()).status()).isEqualTo(500);
    assertThat(server.requests).filteredOn(r -> r.path().endsWith("/exec")).hasSize(1);
  }

  @Test
  void run_givesUpAServerThatDoesNotUpgrade() {
    server.exec(FakeKubernetes.Exec::clientGone);
    assertThat(refused(exec().connectTimeout(SHORT).build()).status()).isEqualTo(0);
  }

  @Test
  void settings_areCheckedWhereTheyAreGiven() {
    PodExec.Builder builder = PodExec.builder(client);
    assertThatThrownBy(builder::build).hasMessage("pod must be set");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.pod("../secrets"))
        .withMessage("pod must be 1 to 253 of a-z, 0-9, '-' and '.': ../secrets");
    assertThatIllegalArgumentException().isThrownBy(() -> builder.namespace(""));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.container("a b"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.maxDuration(Duration.ZERO))
        .withMessage("maxDuration must be from 1 ms to 7 days: PT0S");
    assertThat(builder.pod("p").build()).hasToString("PodExec[pod default/p]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> run(builder.build()))
        .withMessage("command must have at least one word");
  }

  // ---- what holds the server back ----

  @Test
  void run_holdsTheServerBackWhereTheLogIsFull() throws Exception {
    HeldBack held = new HeldBack();
    held.runOn(server);
    try (LogStreamer log = held.log()) {
      AtomicReference<PodExecResult> result = new AtomicReference<>();
      Thread runner = new Thread(() -> result.set(unchecked(() -> exec().build().run(log, "x"))));
      runner.start();
      long seen = settled(held.offered);
      // The log, one frame in hand, and what the kernel's buffers and the client's hold.
      assertThat(seen).isLessThan(HeldBack.TOTAL_BYTES - (1 << 20));
      held.release.countDown();
      runner.join();
      LogReport end = log.finish(Duration.ofSeconds(30));
      assertThat(result.get().exitCode()).hasValue(0);
      assertThat(end.isComplete()).as(end.toString()).isTrue();
      assertThat(held.taken.get()).isEqualTo(held.offered.get());
    }
  }

  /** Returns a count that no longer changes. */
  private static long settled(AtomicLong count) throws InterruptedException {
    CountDownLatch never = new CountDownLatch(1);
    long before = -1;
    while (count.get() != before || before == 0) {
      before = count.get();
      assertThat(never.await(500, TimeUnit.MILLISECONDS)).isFalse();
    }
    return before;
  }

  @Test
  void run_isStoppedByAnInterrupt() throws Exception {
    CountDownLatch up = new CountDownLatch(1);
    server.exec(
        e -> {
          e.upgrade().stdout("a\n");
          up.countDown();
          e.hang();
        });
    AtomicReference<List<String>> stop = new AtomicReference<>();
    server.exec(
        e -> {
          stop.set(e.command());
          e.upgrade().exit(0).close(1000);
        });
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread runner =
        new Thread(
            () -> {
              try {
                run(exec().stoppable(true).build(), "make");
              } catch (Throwable e) {
                thrown.set(e);
              }
            });
    runner.start();
    up.await();
    runner.interrupt();
    runner.join();

    assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
    assertThat(report.isComplete()).isFalse();
    List<String> first =
        server.requests.stream()
            .filter(r -> r.path().endsWith("/exec"))
            .toList()
            .get(0)
            .all("command");
    assertThat(first).hasSize(3).startsWith("env").endsWith("make");
    assertThat(first.get(1)).startsWith("LOGWEIR_EXEC=");
    assertThat(stop.get()).contains(first.get(1));
  }

  // ---- on real processes ----

  @Test
  void run_onRealProcesses() throws Exception {
    server.exec(FakeKubernetes.Exec::runHere);
    PodExecResult result =
        run(exec().stoppable(true).build(), "sh", "-c", "seq 1 20000; echo x >&2; exit 41");

    assertThat(result.exitCode()).hasValue(41);
    assertThat(sent.lines()).hasSize(20_001).contains("20000", "x");
    assertThat(report.isComplete()).isTrue();
  }

  @Test
  void run_stopsARealCommandAndWhatItStarted() throws Exception {
    server.exec(FakeKubernetes.Exec::runHere).exec(FakeKubernetes.Exec::runHere);
    PodExecResult result =
        run(
            exec().stoppable(true).maxDuration(Duration.ofMillis(500)).build(),
            "sh",
            "-c",
            "echo $$; sleep 600 & echo $!; wait");

    assertThat(result.cause()).isEqualTo(PodExecResult.Cause.TIMED_OUT);
    assertThat(sent.lines()).hasSize(2);
    for (String pid : sent.lines()) {
      ProcessHandle.of(Long.parseLong(pid))
          .ifPresent(handle -> handle.onExit().orTimeout(20, TimeUnit.SECONDS).join());
    }
  }

  private interface Call<T> {
    T call() throws Exception;
  }

  private static <T> T unchecked(Call<T> call) {
    try {
      return call.call();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
