package dev.logweir.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.logweir.BatchSender;
import dev.logweir.ExitMarker;
import dev.logweir.LogEnd;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.WhenFull;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The same against a real API server, with the rights that the documents name: its authorization,
 * its WebSockets, what it passes on from the kubelet's server, and its refusals.
 */
@Timeout(120)
class RealKubernetesTest {
  private static final String NODE = "node-1";
  private static final AtomicInteger COUNT = new AtomicInteger();

  private static RealKubernetes cluster;
  private static Process node;
  private static KubernetesClient admin;
  private static KubernetesClient runner;

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Collected sent = new Collected();
  private LogReport report;

  @BeforeAll
  static void boot() throws Exception {
    cluster = RealKubernetes.start();
    node = cluster.node(NODE);
    admin = cluster.client("admin");
    runner = cluster.client("runner");
    admin
        .namespaces()
        .resource(new NamespaceBuilder().withNewMetadata().withName("jobs").endMetadata().build())
        .create();
    // As docs/feeding.md says, and nothing more.
    admin
        .rbac()
        .roles()
        .inNamespace("jobs")
        .resource(
            new RoleBuilder()
                .withNewMetadata()
                .withName("runner")
                .endMetadata()
                .addNewRule()
                .withApiGroups("")
                .withResources("pods", "pods/log", "pods/exec")
                .withVerbs("get")
                .endRule()
                .addNewRule()
                .withApiGroups("")
                .withResources("pods/exec")
                .withVerbs("create")
                .endRule()
                .build())
        .create();
    admin
        .rbac()
        .roleBindings()
        .inNamespace("jobs")
        .resource(
            new RoleBindingBuilder()
                .withNewMetadata()
                .withName("runner")
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "Role", "runner")
                .addNewSubject("rbac.authorization.k8s.io", "User", "runner", null)
                .build())
        .create();
  }

  @AfterAll
  static void shutDown() throws Exception {
    if (cluster != null) {
      node.destroyForcibly().waitFor();
      admin.close();
      runner.close();
      cluster.close();
    }
  }

  @AfterEach
  void end() {
    threads.shutdownNow();
  }

  /** Starts a pod and returns its name when it runs. */
  private static String pod(String node, String restartPolicy, String... command) {
    String name = "job-" + COUNT.incrementAndGet();
    Pod pod =
        new PodBuilder()
            .withNewMetadata()
            .withName(name)
            .endMetadata()
            .withNewSpec()
            .withNodeName(node)
            .withRestartPolicy(restartPolicy)
            .withTerminationGracePeriodSeconds(1L)
            .addNewContainer()
            .withName("main")
            .withImage("none")
            .withCommand(command)
            .endContainer()
            .endSpec()
            .build();
    admin.pods().inNamespace("jobs").resource(pod).create();
    awaitPhase(name, phase -> !"Pending".equals(phase));
    return name;
  }

  private static void awaitPhase(String pod, Predicate<String> awaited) {
    admin
        .pods()
        .inNamespace("jobs")
        .withName(pod)
        .waitUntilCondition(
            p -> p != null && awaited.test(p.getStatus().getPhase()), 60, TimeUnit.SECONDS);
  }

  private static String pod() {
    return pod(NODE, "Never", "sleep", "infinity");
  }

  private static PodExec.Builder exec(String pod) {
    return PodExec.builder(runner)
        .connectTimeout(Duration.ofSeconds(60))
        .checkInterval(Duration.ofMillis(200))
        .pod(pod);
  }

  private LogStreamer.Builder log() {
    return LogStreamer.builder(sent).whenFull(WhenFull.WAIT);
  }

  private PodExecResult run(PodExec exec, String... command) throws Exception {
    return logged(log(), log -> exec.run(log, command));
  }

  private PodExecResult runMarked(PodExec exec, String script) throws Exception {
    ExitMarker marker = ExitMarker.random();
    return logged(log().exitMarker(marker), log -> exec.run(log, marker.wrap("sh", script)));
  }

  /** Begins a command that writes a line and does not end, and waits for the line. */
  private CompletableFuture<PodExecResult> beginCommand(String pod) throws Exception {
    CompletableFuture<PodExecResult> run =
        begin(() -> runMarked(exec(pod).build(), "echo begun; sleep 600"));
    sent.await(1);
    return run;
  }

  private interface Source<T> {
    T feed(LogStreamer log) throws Exception;
  }

  /** Feeds a log, and keeps its report however that ends. */
  private <T> T logged(LogStreamer.Builder builder, Source<T> source) throws Exception {
    try (LogStreamer log = builder.start()) {
      try {
        return source.feed(log);
      } finally {
        report = log.finish(Duration.ofSeconds(30));
      }
    }
  }

  private interface Call<T> {
    T call() throws Exception;
  }

  private <T> CompletableFuture<T> begin(Call<T> call) {
    CompletableFuture<T> result = new CompletableFuture<>();
    threads.execute(
        () -> {
          try {
            result.complete(call.call());
          } catch (Throwable e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  private static List<String> lines(String format, int count) {
    return IntStream.rangeClosed(1, count).mapToObj(format::formatted).toList();
  }

  // ---- commands ----

  @ParameterizedTest
  @CsvSource({"exit 0, 0", "exit 1, 1", "kill -9 $$, 137", "exit 255, 255", "exec no-such, 127"})
  void run_returnsTheExitCode(String script, int code) throws Exception {
    String pod = pod();
    PodExecResult status = run(exec(pod).build(), "sh", "-c", "echo out; echo err >&2; " + script);

    assertThat(status.exitCode()).hasValue(code);
    assertThat(report.isComplete()).isTrue();
    assertThat(sent.lines()).contains("out", "err");
    PodExecResult marked = runMarked(exec(pod).container("main").build(), script);
    assertThat(marked.exitCode()).hasValue(code);
    assertThat(report.isComplete()).isTrue();
    assertThat(report.end().kind()).isEqualTo(LogEnd.Kind.EXITED);
  }

  /** Some 3 MB on each stream. */
  @Test
  void run_takesEveryByteOfBothStreams() throws Exception {
    String tail = "x".repeat(60);
    runMarked(
        exec(pod()).build(),
        "seq -f 'out %06.0f TAIL' 1 40000 & seq -f 'err %06.0f TAIL' 1 40000 >&2; wait"
            .replace("TAIL", tail));

    assertThat(report.isComplete()).as(report.toString()).isTrue();
    assertThat(sent.lines().stream().filter(l -> l.startsWith("out")))
        .isEqualTo(lines("out %06d " + tail, 40_000));
    assertThat(sent.lines().stream().filter(l -> l.startsWith("err")))
        .isEqualTo(lines("err %06d " + tail, 40_000));
    assertThat(sent.lines()).hasSize(80_000);
  }

  @Test
  void run_sendsEveryWordAsItIs() throws Exception {
    run(exec(pod()).build(), "printf", "%s\\n", "a b+c%20&d=e \u00e9 '\"$x?#", "", ";");

    assertThat(sent.lines()).containsExactly("a b+c%20&d=e \u00e9 '\"$x?#", "", ";");
  }

  @Test
  void run_saysWhatTheServerSaysOfACommandThatDidNotStart() throws Exception {
    PodExecResult result = run(exec(pod()).stoppable(false).build(), "no-such-program");

    assertThat(result.cause()).isEqualTo(PodExecResult.Cause.REFUSED);
    assertThat(result.toString()).contains("no-such-program");
    assertThat(report.isComplete()).isFalse();
  }

  @Test
  void run_stopsTheCommandAndWhatItStarted() throws Exception {
    PodExecResult result =
        run(
            exec(pod()).maxDuration(Duration.ofSeconds(2)).build(),
            "sh",
            "-c",
            "echo $$; sleep 600 & echo $!; wait");

    assertThat(result.cause()).isEqualTo(PodExecResult.Cause.TIMED_OUT);
    assertThat(report.isComplete()).isFalse();
    assertThat(sent.lines()).hasSize(2);
    for (String pid : sent.lines()) {
      ProcessHandle.of(Long.parseLong(pid))
          .ifPresent(handle -> handle.onExit().orTimeout(30, TimeUnit.SECONDS).join());
    }
  }

  // ---- what ends a stream ----

  @Test
  void run_isSeveredWhereTheNodeDies() throws Exception {
    String name = "node-that-dies";
    Process dies = cluster.node(name);
    String pod = pod(name, "Never", "sleep", "infinity");
    CompletableFuture<PodExecResult> run = beginCommand(pod);
    dies.destroyForcibly().waitFor();

    assertThat(run.get().isSevered()).isTrue();
    assertThat(run.get().exitCode()).isEmpty();
    assertThat(report.isComplete()).isFalse();
    assertThat(report.end().kind()).isEqualTo(LogEnd.Kind.SEVERED);
    assertThat(sent.lines()).containsExactly("begun");
  }

  @Test
  void run_isSeveredWhereTheApiServerDies() throws Exception {
    String pod = pod();
    CompletableFuture<PodExecResult> run = beginCommand(pod);
    cluster.kill();
    try {
      assertThat(run.get().isSevered()).isTrue();
      assertThat(report.isComplete()).isFalse();
    } finally {
      cluster.boot();
    }
    assertThat(runMarked(exec(pod).build(), "exit 3").exitCode()).hasValue(3);
  }

  /** The command dies with its container, which the server says; its own end was not read. */
  @Test
  void run_isNotCompleteWhereThePodIsDeleted() throws Exception {
    String pod = pod();
    CompletableFuture<PodExecResult> run = beginCommand(pod);
    admin.pods().inNamespace("jobs").withName(pod).delete();

    PodExecResult result = run.get();
    assertThat(result.isSevered() || result.exitCode().getAsInt() == 137).as("%s", result).isTrue();
    assertThat(report.isComplete()).isFalse();
    assertThat(sent.lines()).containsExactly("begun");
  }

  // ---- refusals ----

  private PodExecException refused(PodExec exec) {
    PodExecException refused =
        catchThrowableOfType(PodExecException.class, () -> run(exec, "true"));
    assertThat(refused).isNotNull();
    assertThat(report.isComplete()).isTrue(); // nothing was started
    return refused;
  }

  @Test
  void run_saysThatItIsNotAllowed() throws Exception {
    String pod = pod();
    try (KubernetesClient nobody = cluster.client("nobody")) {
      PodExecException e = refused(PodExec.builder(nobody).pod(pod).build());
      assertThat(e.status()).isEqualTo(403);
      assertThat(e)
          .hasMessage(
              "pod jobs/"
                  + pod
                  + ": not allowed: the verbs get and create of pods/exec are needed (HTTP 403)");
    }
  }

  @Test
  void run_saysWhatIsNotThere() throws Exception {
    PodExecException noPod = refused(exec("no-such-pod").build());
    assertThat(noPod).hasMessage("pod jobs/no-such-pod: not found");
    assertThat(noPod.status()).isEqualTo(404);
    String pod = pod();
    assertThat(refused(exec(pod).container("other").build()))
        .hasMessage("pod jobs/" + pod + ", container other: it has no such container");
    String ended = pod(NODE, "Never", "true");
    awaitPhase(ended, "Succeeded"::equals);
    assertThat(refused(exec(ended).build()))
        .hasMessage("pod jobs/" + ended + ": it has ended: Succeeded");
  }

  // ---- what holds the command back ----

  @Test
  void run_holdsTheCommandBackWhereTheLogIsFull(@TempDir Path folder) throws Exception {
    int chunks = 1024;
    Path progress = folder.resolve("progress");
    CountDownLatch release = new CountDownLatch(1);
    AtomicLong taken = new AtomicLong();
    BatchSender slow =
        batch -> {
          release.await();
          batch.forEach(line -> taken.addAndGet(line.length() + 1));
        };
    String script =
        """
        i=0
        while [ $i -lt %d ]; do
          yes 0123456789abcde | head -n 4096
          i=$((i + 1))
          echo $i > %s.new
          mv %s.new %s
        done
        """
            .formatted(chunks, progress, progress, progress);
    ExitMarker marker = ExitMarker.random();
    try (LogStreamer log =
        LogStreamer.builder(slow)
            .maxSize(64 << 10)
            .whenFull(WhenFull.WAIT)
            .exitMarker(marker)
            .start()) {
      PodExec exec = exec(pod()).build();
      CompletableFuture<PodExecResult> run = begin(() -> exec.run(log, marker.wrap("sh", script)));
      int seen = settled(progress);
      // Four hops, whose sockets hold some MB each, of 64 MB.
      assertThat(seen).isLessThan(chunks - 256);
      release.countDown();
      assertThat(run.get().exitCode()).hasValue(0);
      LogReport end = log.finish(Duration.ofSeconds(60));
      assertThat(end.isComplete()).as(end.toString()).isTrue();
      assertThat(taken.get()).isEqualTo(chunks * 4096L * 16);
    }
  }

  /** Returns a number in a file that no longer changes. */
  private static int settled(Path file) throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    int before = -1;
    int now = 0;
    while (now != before || now == 0) {
      before = now;
      assertThat(never.await(500, TimeUnit.MILLISECONDS)).isFalse();
      now = Files.exists(file) ? Integer.parseInt(Files.readString(file).strip()) : 0;
    }
    return now;
  }

  // ---- the pod's log ----

  private PodLogResult follow(String pod) throws Exception {
    return follow(PodLog.builder(runner).pod(pod));
  }

  private PodLogResult follow(PodLog.Builder podLog) throws Exception {
    return logged(log(), log -> podLog.checkInterval(Duration.ofMillis(500)).build().follow(log));
  }

  /** With a line that the node keeps in pieces, each with a time of its own. */
  @Test
  void follow_takesEveryLineToTheEnd() throws Exception {
    String pod =
        pod(
            NODE,
            "Never",
            "sh",
            "-c",
            "seq -f 'line %06.0f' 1 20000; head -c 50000 /dev/zero | tr '\\0' x; echo;"
                + " sleep 1; printf 'not ended'; exit 3");
    PodLogResult result = follow(pod);

    assertThat(result.isComplete()).as(result.toString()).isTrue();
    assertThat(report.isComplete()).isTrue();
    assertThat(sent.lines()).hasSize(20_002);
    assertThat(sent.lines().subList(0, 20_000)).isEqualTo(lines("line %06d", 20_000));
    assertThat(sent.lines().get(20_000)).isEqualTo("x".repeat(50_000));
    assertThat(sent.lines().get(20_001)).isEqualTo("not ended");
  }

  @Test
  void follow_goesOnWhereTheApiServerWasAway() throws Exception {
    String pod =
        pod(
            NODE,
            "Never",
            "sh",
            "-c",
            "i=0; while [ $i -lt 3000 ]; do i=$((i + 1)); echo line $i; sleep 0.005; done");
    CompletableFuture<PodLogResult> following = begin(() -> follow(pod));
    sent.await(200);
    cluster.kill();
    cluster.boot();
    PodLogResult result = following.get();

    assertThat(result.isComplete()).as(result.toString()).isTrue();
    assertThat(result.gaps()).isZero();
    assertThat(sent.lines()).isEqualTo(lines("line %d", 3000));
  }

  @Test
  void follow_saysWhatIsRefused() throws Exception {
    PodLogResult none = follow("no-such-pod");
    assertThat(none.isComplete()).isFalse();
    assertThat(none.status()).isEqualTo(404);
    assertThat(none.toString()).contains("pod jobs/no-such-pod").contains("not found");
    assertThat(report.isComplete()).isFalse();
    String pod = pod();
    try (KubernetesClient nobody = cluster.client("nobody")) {
      PodLogResult forbidden = follow(PodLog.builder(nobody).pod(pod));
      assertThat(forbidden.status()).isEqualTo(403);
      assertThat(forbidden.toString())
          .contains("pod jobs/" + pod)
          .contains("cannot get resource \"pods/log\"");
    }
    PodLogResult container = follow(PodLog.builder(runner).pod(pod).container("other"));
    assertThat(container.status()).isEqualTo(400);
    assertThat(container.toString()).contains("other");
  }

  @Test
  void follow_isNotCompleteWhereThePodIsDeleted() throws Exception {
    String pod = pod(NODE, "Never", "sh", "-c", "echo begun; sleep 600");
    CompletableFuture<PodLogResult> following = begin(() -> follow(pod));
    sent.await(1);
    admin.pods().inNamespace("jobs").withName(pod).delete();

    assertThat(following.get().isComplete()).isFalse();
    assertThat(report.isComplete()).isFalse();
    assertThat(sent.lines()).containsExactly("begun");
  }

  /** Whether it is seen between the two that the first has ended, is by chance. */
  @Test
  void follow_endsWithTheContainer_alsoIfThatIsStartedAnew() throws Exception {
    String pod = pod(NODE, "Always", "sh", "-c", "echo begun $$; sleep 2; exit 1");
    PodLogResult result = follow(pod);

    assertThat(sent.lines()).hasSize(1);
    assertThat(report.isComplete()).isEqualTo(result.isComplete());
    if (!result.isComplete()) {
      assertThat(result.toString()).contains("started anew");
    }
  }
}
