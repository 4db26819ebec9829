package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The wrapped command in the shells that there are: each as {@code sh}, and as the script's. */
@Timeout(120)
class ExitMarkerTest {
  private static final List<String> SHELLS = List.of("dash", "bash", "busybox", "zsh");

  private final ExitMarker marker = ExitMarker.random();
  @TempDir private Path bin;

  @AfterEach
  void removeLink() throws IOException {
    Files.deleteIfExists(bin.resolve("sh"));
  }

  /** What a command wrote, and what came of it. */
  private record Ran(String out, String err, int exit) {}

  static Stream<String> shells() {
    return SHELLS.stream();
  }

  /** Makes the shell the {@code sh} of a path of its own, before all others. */
  private void use(String shell) throws IOException {
    Path found =
        Stream.of("/bin", "/usr/bin", "/usr/local/bin")
            .map(folder -> Path.of(folder, shell))
            .filter(Files::isExecutable)
            .findFirst()
            .orElse(null);
    assumeTrue(found != null, "there is no " + shell + " on this machine");
    Files.createSymbolicLink(bin.resolve("sh"), found);
  }

  private Ran run(List<String> command, String input, String... environment) throws Exception {
    return run(List.of(), command, input, environment);
  }

  private Ran run(List<String> before, List<String> command, String input, String... environment)
      throws Exception {
    ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(before));
    builder.environment().put("PATH", bin + ":" + System.getenv("PATH"));
    for (int i = 0; i < environment.length; i += 2) {
      builder.environment().put(environment[i], environment[i + 1]);
    }
    // What is found first is what starts the command.
    builder.command().add(bin.resolve(command.get(0)).toString());
    builder.command().addAll(command.subList(1, command.size()));
    Path out = bin.resolve("out");
    Path err = bin.resolve("err");
    Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    try (OutputStream stdin = process.getOutputStream()) {
      stdin.write(input.getBytes(StandardCharsets.UTF_8));
    } catch (IOException ignored) {
      // the script did not read it
    }
    int exit = process.waitFor();
    return new Ran(
        Files.readString(out, StandardCharsets.ISO_8859_1),
        Files.readString(err, StandardCharsets.ISO_8859_1),
        exit);
  }

  private String markerOf(int code) {
    return new String(marker.begin(), StandardCharsets.US_ASCII) + code + "\n";
  }

  private void exits(Ran ran, String out, int code) {
    assertThat(ran.out).isEqualTo(out + markerOf(code));
    assertThat(ran.exit).isEqualTo(code);
    assertThat(ran.err).doesNotContain(number());
  }

  private String number() {
    return new String(marker.begin(), 1, 32, StandardCharsets.US_ASCII);
  }

  @ParameterizedTest
  @MethodSource("shells")
  void wrap_writesTheExitCodeLast(String shell) throws Exception {
    use(shell);
    for (int code : new int[] {0, 1, 127, 137, 255}) {
      exits(run(marker.wrap("sh", "echo hello; exit " + code), ""), "hello\n", code);
    }
    exits(run(marker.wrap("sh", ""), ""), "", 0);
    exits(run(marker.wrap("sh", "printf unfinished"), ""), "unfinished", 0);
    exits(run(marker.wrap("sh", "false\ntrue\nfalse"), ""), "", 1);
    exits(run(marker.wrap("sh", "echo a; false; echo b", "-e"), ""), "a\n", 1);
    assertThat(run(marker.wrap("sh", "echo $nothing; echo b", "-u"), "").out)
        .matches("(?s)" + markerOf(1).replace("1\n", "") + "(1|2|127)\n");
  }

  @ParameterizedTest
  @MethodSource("shells")
  void wrap_isNotChangedByTheScript(String shell) throws Exception {
    use(shell);
    exits(run(marker.wrap("sh", "trap 'echo bye; exit 7' EXIT; echo a"), ""), "a\nbye\n", 7);
    exits(run(marker.wrap("sh", "exec sh -c 'exit 9'"), ""), "", 9);
    exits(run(marker.wrap("sh", "kill -9 $$"), ""), "", 137);
    exits(run(marker.wrap("sh", "exec >&-"), ""), "", 0);
    exits(run(marker.wrap("sh", "sh -c 'exit 3'; exit $?"), ""), "", 3);
    exits(
        run(
            marker.wrap("sh", "printf '%s|' \"$#\" \"$a\" 'it''s' \"\n\"; set -- x y"),
            "",
            "a",
            "A"),
        "0|A|its|\n|",
        0);
    String large = "echo " + "x".repeat(100_000) + "\nexit 5";
    exits(run(marker.wrap("sh", large), ""), "x".repeat(100_000) + "\n", 5);
  }

  /** In a group of processes of its own, as a command in a pod is. */
  @ParameterizedTest
  @MethodSource("shells")
  void wrap_writesTheMarker_whenTheScriptKillsItsGroup(String shell) throws Exception {
    use(shell);
    List<String> group = new ArrayList<>(asByDefault(shell));
    group.add("setsid");
    for (String signal : List.of("HUP", "INT", "QUIT", "PIPE", "ALRM", "TERM", "USR1", "USR2")) {
      String script = "echo a; kill -" + signal + " 0";
      // Where the signal was ignored from the start, the script goes on.
      int code = run(group, List.of("sh", "-c", script), "").exit;
      exits(run(group, marker.wrap("sh", script), ""), "a\n", code);
    }
    String ignores = "trap '' TERM; kill 0; kill $PPID; sleep 0.1; echo b; exit 3";
    exits(run(group, marker.wrap("sh", ignores), ""), "b\n", 3);
  }

  /** Of these shells zsh alone can trap a signal that was ignored when it began. */
  private static List<String> asByDefault(String shell) {
    return shell.startsWith("zsh") ? List.of("env", "--default-signal") : List.of();
  }

  @ParameterizedTest
  @MethodSource("shells")
  void wrap_leavesSignalsAsTheyAre(String shell) throws Exception {
    use(shell);
    String script = "grep -E 'Sig(Blk|Ign|Cgt)' /proc/self/status";
    String plain = run(asByDefault(shell), List.of("sh", "-c", script), "").out;
    assertThat(plain).contains("SigIgn");
    exits(run(asByDefault(shell), marker.wrap("sh", script), ""), plain, 0);
  }

  /** Bash takes options of the shell from the environment. */
  @Test
  void wrap_writesTheMarker_whereErrexitIsInherited() throws Exception {
    use("bash");
    exits(run(marker.wrap("sh", "echo a; false; echo b"), "", "SHELLOPTS", "errexit"), "a\n", 1);
    exits(run(marker.wrap("sh", "echo a; exit 0"), "", "SHELLOPTS", "errexit"), "a\n", 0);
  }

  @ParameterizedTest
  @MethodSource("shells")
  void wrapPiped_readsTheScriptFromItsInput(String shell) throws Exception {
    use(shell);
    String script = "echo a\n#" + "x".repeat(300_000) + "\necho b\nexit 6\n";
    exits(run(marker.wrapPiped("sh", "-e"), script), "a\nb\n", 6);
    exits(run(marker.wrapPiped("sh"), ""), "", 0);
  }

  @ParameterizedTest
  @MethodSource("shells")
  void wrap_saysThatThereIsNoSuchShell(String shell) throws Exception {
    use(shell);
    Ran ran = run(marker.wrap("/no/such/shell", "echo a"), "");
    exits(ran, "", 127);
    assertThat(ran.err).contains("/no/such/shell");
  }

  /** The number is whole nowhere where a job can come upon it. */
  @ParameterizedTest
  @MethodSource("shells")
  void aJobThatPrintsAllOfItself_printsNoMarker(String shell) throws Exception {
    use(shell);
    String script =
        """
        set -xv
        env
        printenv
        ps -ef 2>/dev/null
        cat /proc/self/cmdline /proc/$PPID/cmdline /proc/[0-9]*/cmdline 2>/dev/null
        cat /proc/[0-9]*/cmdline 2>/dev/null | tr -d '\\000 '
        cat /proc/self/environ /proc/$PPID/environ 2>/dev/null
        cat /proc/[0-9]*/cmdline >&2 2>/dev/null
        echo "$0" "$@"
        """;
    // Makes bash trace the outer shell too.
    Ran ran = run(marker.wrap("sh", script), "", "SHELLOPTS", "xtrace");
    // Compared as a whole they would be printed, with what other processes have in theirs.
    assertThat(ran.out.endsWith(markerOf(0))).as("the marker at the end").isTrue();
    String before = ran.out.substring(0, ran.out.length() - markerOf(0).length());
    assertThat(before.contains(number())).as("the number in the output").isFalse();
    assertThat(ran.err.contains(number())).as("the number in traces").isFalse();
    // It has been looked for where a part of it is.
    assertThat(before.contains(number().substring(0, 16))).isTrue();
    assertThat(before.contains(number().substring(16))).isTrue();

    Collected sent = new Collected();
    try (LogStreamer log = LogStreamer.builder(sent).exitMarker(marker).start()) {
      log.stdout().write(before.getBytes(StandardCharsets.ISO_8859_1));
      log.stderr().write(ran.err.getBytes(StandardCharsets.ISO_8859_1));
      LogReport report = log.finish();
      assertThat(report.end()).isEqualTo(LogEnd.SEVERED);
      assertThat(report.sink().filtered()).isEqualTo(Tally.NONE);
    }
  }

  @Test
  void markers_differAndSayNothingOfThemselves() {
    assertThat(ExitMarker.random().begin()).isNotEqualTo(ExitMarker.random().begin());
    assertThat(marker).hasToString("ExitMarker");
    assertThat(String.join("", marker.wrap("sh", "x"))).doesNotContain(number());
  }

  @Test
  void wrap_refusesWhatNoCommandCanHave() {
    assertThatNullPointerException().isThrownBy(() -> marker.wrap(null, "x"));
    assertThatNullPointerException().isThrownBy(() -> marker.wrap("sh", null));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> marker.wrap("", "x"))
        .withMessage("shell must not be empty");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> marker.wrap("sh", "a\0b"))
        .withMessage("script must have no NUL");
    assertThatIllegalArgumentException().isThrownBy(() -> marker.wrapPiped("sh", "-\0"));
  }

  // ---- in a log ----

  private static final class Collected implements BatchSender {
    private final List<String> lines = new ArrayList<>();

    @Override
    public synchronized void send(List<String> batch) {
      lines.addAll(List.copyOf(batch));
    }

    synchronized List<String> lines() {
      return List.copyOf(lines);
    }
  }

  private InputStream input(String text) {
    return new ByteArrayInputStream(bytes(text));
  }

  private byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  @Test
  void aJobWithoutAMarker_hasAnOpenEnd() {
    try (LogStreamer log = LogStreamer.builder(new Collected()).start()) {
      log.stdout().write(bytes("a\n" + markerOf(3)));
      assertThat(log.end()).isEqualTo(LogEnd.OPEN);
      LogReport report = log.finish();
      assertThat(report.end().kind()).isEqualTo(LogEnd.Kind.OPEN);
      assertThat(report.isComplete()).isTrue();
      assertThat(report.sink().shipped().lines()).isEqualTo(2);
    }
  }

  @Test
  void aMarker_splitAtEveryByte_isTakenOutAndEndsTheLineBeforeIt() {
    byte[] all = bytes("one\nhalf" + markerOf(137) + "late\n");
    for (int cut = 0; cut <= all.length; cut++) {
      Collected sent = new Collected();
      try (LogStreamer log = LogStreamer.builder(sent).exitMarker(marker).start()) {
        log.stdout().write(all, 0, cut);
        assertThat(log.report().sink().accepted().bytes()).isEqualTo(cut);
        log.stdout().write(all, cut, all.length - cut);
        assertThat(log.end().exitCode()).hasValue(137);
        LogReport report = log.finish();
        assertThat(sent.lines()).as("cut at %s", cut).containsExactly("one", "half", "late");
        assertThat(report.isComplete()).isTrue();
        assertThat(report.end()).isEqualTo(LogEnd.exited(137)).hasToString("exit code 137");
        assertThat(report.toString()).endsWith("exit code 137");
        assertThat(report.sink().accepted()).isEqualTo(new Tally(4, all.length));
        assertThat(report.sink().filtered()).isEqualTo(new Tally(1, markerOf(137).length()));
      }
    }
  }

  /** What follows looks as if it went on. */
  @Test
  void aMarker_beforeDigitsAndLineEnds_isSeen() {
    for (String next : List.of("0\n", "\n", "7", ":", "\u001e\n", markerOf(8))) {
      try (LogStreamer log = LogStreamer.builder(new Collected()).exitMarker(marker).start()) {
        log.stdout().write(bytes("a" + markerOf(8) + next));
        assertThat(log.end().exitCode()).as(next).hasValue(8);
      }
    }
  }

  @Test
  void aStream_severedAtEveryByte_isSevered() {
    byte[] all = bytes("one\ntwo" + markerOf(0));
    for (int length = 0; length < all.length; length++) {
      Collected sent = new Collected();
      try (LogStreamer log = LogStreamer.builder(sent).exitMarker(marker).start()) {
        log.stdout().write(all, 0, length);
        assertThat(log.end()).isEqualTo(LogEnd.OPEN);
        log.stdout().close();
        assertThat(log.end()).isEqualTo(LogEnd.SEVERED);
        LogReport report = log.finish();
        assertThat(report.end()).as("severed after %s", length).isEqualTo(LogEnd.SEVERED);
        assertThat(report.isComplete()).isFalse();
        assertThat(report.sink().isComplete()).isTrue();
        assertThat(report.sink().accepted().bytes()).isEqualTo(length);
        assertThat(String.join("\n", sent.lines()))
            .isEqualTo(
                new String(Arrays.copyOf(all, Math.min(length, 7)), StandardCharsets.UTF_8)
                    .strip());
      }
    }
  }

  @Test
  void aPumpThatIsReadToItsEnd_isSeveredWithoutAMarker() throws Exception {
    try (LogStreamer log = LogStreamer.builder(new Collected()).exitMarker(marker).start()) {
      log.pump(input("a\n"), input(""));
      assertThat(log.end()).isEqualTo(LogEnd.SEVERED);
      log.exited(4);
      assertThat(log.end().exitCode()).hasValue(4);
      log.pump(input("b" + markerOf(6)), input(""));
      assertThat(log.end().exitCode()).hasValue(6);
      log.pump(input("c\n"), input(""));
      assertThat(log.end()).isEqualTo(LogEnd.SEVERED);
      log.exited(4);
      LogReport report = log.finish();
      assertThat(report.end().exitCode()).hasValue(4);
      assertThat(report.isComplete()).isFalse();
    }
  }

  @Test
  void aCommandThatWasSevered_isNotForgotten() throws Exception {
    try (LogStreamer log = LogStreamer.builder(new Collected()).exitMarker(marker).start()) {
      log.stdout().write(bytes("not a command, but a word before the first\n"));
      log.pump(input("a" + markerOf(3)), input(""));
      log.pump(input("severed"), input(""));
      log.pump(input("d" + markerOf(0)), input(""));
      assertThat(log.end().exitCode()).hasValue(0);
      LogReport report = log.finish();
      assertThat(report.end().exitCode()).hasValue(0);
      assertThat(report.isComplete()).isFalse();
      assertThat(report.toString()).endsWith("exit code 0; not every command's end is proven");
    }
  }

  @Test
  void commandsThatAllEnded_areComplete() throws Exception {
    try (LogStreamer log = LogStreamer.builder(new Collected()).exitMarker(marker).start()) {
      log.stdout().write(bytes("not a command, but a word before the first\n"));
      log.pump(input("a" + markerOf(3)), input(""));
      log.pump(input("b" + markerOf(0)), input(""));
      LogReport report = log.finish();
      assertThat(report.end().exitCode()).hasValue(0);
      assertThat(report.isComplete()).isTrue();
    }
  }

  @Test
  void aPumpThatBeginsWhileAnotherReads_provesNoEnd() throws Exception {
    ExecutorService other = Executors.newSingleThreadExecutor();
    PipedOutputStream pipe = new PipedOutputStream();
    try (LogStreamer log = LogStreamer.builder(new Collected()).exitMarker(marker).start()) {
      InputStream first = new PipedInputStream(pipe);
      CountDownLatch reads = new CountDownLatch(1);
      InputStream errors =
          new InputStream() {
            @Override
            public int read() {
              return -1;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) {
              reads.countDown();
              return -1;
            }
          };
      Future<PumpResult> pump = other.submit(() -> log.pump(first, errors));
      reads.await();
      log.pump(input("second" + markerOf(0)), input(""));
      pipe.close();
      pump.get();
      assertThat(log.finish().isComplete()).isFalse();
    } finally {
      other.shutdownNow();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void nextCommand_keepsWhatIsNotProven(boolean waits) throws Exception {
    try (LogStreamer log =
        LogStreamer.builder(new Collected())
            .whenFull(waits ? WhenFull.WAIT : WhenFull.DROP)
            .exitMarker(marker)
            .start()) {
      OutputStream stdout = waits ? log.stdout().waiting() : log.stdout();
      stdout.write(bytes("first\n" + markerOf(4)));
      stdout.write(bytes("what a child writes that outlives it\n"));
      assertThat(log.end().exitCode()).hasValue(4);
      log.nextCommand();
      assertThat(log.end()).isEqualTo(LogEnd.OPEN);
      stdout.write(bytes("second\n" + markerOf(0)));
      assertThat(log.end().exitCode()).hasValue(0);
      log.nextCommand();
      stdout.write(bytes("third, severed"));
      log.nextCommand();
      stdout.write(bytes("fourth\n" + markerOf(5)));
      LogReport report = log.finish();
      assertThat(report.end().exitCode()).hasValue(5);
      assertThat(report.sink().isComplete()).isTrue();
      assertThat(report.isComplete()).isFalse();
    }
  }

  @Test
  void nextCommand_beforeAPump_isTheSameCommand() throws Exception {
    try (LogStreamer log = LogStreamer.builder(new Collected()).exitMarker(marker).start()) {
      log.stdout().write(bytes("first\n" + markerOf(4)));
      log.nextCommand();
      log.pump(input("second\n" + markerOf(6)), input(""));
      log.nextCommand();
      log.stdout().write(bytes("third\n" + markerOf(7)));
      LogReport report = log.finish();
      assertThat(report.end().exitCode()).hasValue(7);
      assertThat(report.isComplete()).isTrue();
    }
  }

  @Test
  void anEndThatIsTold_afterTheLogHasEnded_changesNothing() throws Exception {
    try (LogStreamer log = LogStreamer.builder(new Collected()).start()) {
      log.exited(2);
      log.finish();
      log.exited(3);
      log.nextCommand();
      assertThat(log.end().exitCode()).hasValue(2);
      assertThat(log.report().end()).isEqualTo(log.end());
    }
    try (LogStreamer log = LogStreamer.builder(new Collected()).exitMarker(marker).start()) {
      log.stdout().write(bytes(markerOf(1)));
      log.finish();
      log.nextCommand();
      log.pump(input("late" + markerOf(0)), input(""));
      assertThat(log.end().exitCode()).hasValue(1);
      assertThat(log.report().end()).isEqualTo(log.end());
    }
  }

  @Test
  void aMarkersCode_winsOverOneThatWasTold() {
    try (LogStreamer log = LogStreamer.builder(new Collected()).exitMarker(marker).start()) {
      log.exited(1);
      log.stdout().write(bytes(markerOf(2)));
      log.exited(3);
      assertThat(log.end().exitCode()).hasValue(2);
      log.stdout().write(bytes("again\n" + markerOf(4)));
      assertThat(log.finish().end().exitCode()).hasValue(4);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> log.exited(256))
          .withMessage("code must be from 0 to 255: 256");
    }
  }

  @Test
  void aMarker_isSeenWhereTheLogDrops() {
    BatchSender hangs =
        lines -> {
          throw new IOException("no");
        };
    try (LogStreamer log = LogStreamer.builder(hangs).maxSize(4 << 10).exitMarker(marker).start()) {
      log.stdout().write(bytes("x".repeat(100) + "\n"));
      for (int i = 0; i < 1_000; i++) {
        log.stdout().write(bytes("y".repeat(99) + "\n"));
      }
      log.stdout().write(bytes("tail" + markerOf(9)));
      log.stdout().write(bytes("after close"));
      assertThat(log.end().exitCode()).hasValue(9);
      SinkReport report = log.finish().sink();
      assertThat(report.filtered().bytes()).isEqualTo(markerOf(9).length());
      assertThat(report.accepted().bytes()).isEqualTo(100_101 + 4 + markerOf(9).length() + 11);
    }
  }

  @Test
  void aMarker_isTakenOutOfAStreamThatWaits() throws Exception {
    byte[] all = bytes("one\nhalf\u001e" + markerOf(12) + "\u001elate\n");
    for (int cut = 0; cut <= all.length; cut++) {
      Collected sent = new Collected();
      try (LogStreamer log =
          LogStreamer.builder(sent).exitMarker(marker).whenFull(WhenFull.WAIT).start()) {
        try (OutputStream stdout = log.stdout().waiting()) {
          stdout.write(all, 0, cut);
          stdout.write(all, cut, all.length - cut);
        }
        LogReport report = log.finish();
        assertThat(sent.lines()).containsExactly("one", "half\u001e", "\u001elate");
        assertThat(report.end().exitCode()).hasValue(12);
        assertThat(report.isComplete()).isTrue();
        assertThat(report.sink().accepted()).isEqualTo(new Tally(4, all.length));
      }
    }
  }
}
