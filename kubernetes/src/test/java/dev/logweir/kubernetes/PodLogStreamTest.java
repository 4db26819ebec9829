package dev.logweir.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class PodLogStreamTest {
  private static final Duration OUTAGE = Duration.ofSeconds(60);
  private static final String DAY = "2026-11-28T10:00:";

  private final LogFile file = new LogFile();

  private LogFile.Read read() throws IOException {
    return file.readAll(OUTAGE);
  }

  /** A node writes its local time, and in another one after a change of the clock. */
  @ParameterizedTest
  @ValueSource(strings = {"Z", "+02:00", "-05:30", "+14:00"})
  void times_areInstants_whateverTheirOffset(String offset) throws Exception {
    for (int i = 0; i < 8; i++) {
      file.lines.add(DAY + "1" + i + ".123456789" + offset + " line " + i);
    }
    file.then(4, Integer.MAX_VALUE, true).then(6, Integer.MAX_VALUE, false);

    LogFile.Read read = read();
    assertThat(read.lines())
        .containsExactlyElementsOf(IntStream.range(0, 8).mapToObj(i -> "line " + i).toList());
    assertThat(read.end().isComplete()).isTrue();
    assertThat(file.asked.get(1)).endsWith("Z");
  }

  @Test
  void wordsOfTheServerBehindLinesThatCame_eachTime_endAfterTheOutage() throws Exception {
    byte[] text = LogFile.utf8(DAY + "10Z a\n" + "no time in it\n");
    for (int i = 0; i < 500; i++) {
      file.then(since -> new ByteArrayInputStream(text));
    }
    file.look = LogFile.ENDED;

    LogFile.Read read = read();
    assertThat(read.lines()).containsExactly("a");
    assertThat(read.end().isComplete()).isFalse();
    assertThat(read.end().text()).contains("the server says: no time in it");
    assertThat(file.asked).hasSizeLessThan(50);
  }

  @Test
  void times_ofTwoOffsets_areInOrder() throws Exception {
    file.lines.addAll(
        List.of(
            "2026-10-25T02:59:58+02:00 a",
            "2026-10-25T02:59:59+02:00 b",
            "2026-10-25T02:00:00+01:00 c",
            "2026-10-25T02:00:01+01:00 d"));
    file.then(3, Integer.MAX_VALUE, true);

    LogFile.Read read = read();
    assertThat(read.lines()).containsExactly("a", "b", "c", "d");
    assertThat(read.end().isComplete()).isTrue();
  }

  @Test
  void aLineWithAnEarlierTime_isFoundAfterACut() throws Exception {
    file.lines.addAll(
        List.of(
            DAY + "05.1Z a", DAY + "06.0Z b", DAY + "05.9Z c, written after b", DAY + "07.0Z d"));
    file.then(2, Integer.MAX_VALUE, true);

    LogFile.Read read = read();
    assertThat(read.lines()).containsExactly("a", "b", "c, written after b", "d");
    assertThat(read.end().isComplete()).isTrue();
  }

  @Test
  void aClockThatIsSetFarBack_isAGapOnceTheLogIsCut() throws Exception {
    file.lines.addAll(
        List.of(DAY + "30Z a", DAY + "02Z b", DAY + "03Z c", DAY + "04Z lost", DAY + "31Z d"));
    file.then(3, Integer.MAX_VALUE, true);

    LogFile.Read read = read();
    assertThat(read.lines()).containsExactly("a", "b", "c", "GAP", "d");
    assertThat(read.end().isComplete()).isFalse();
    assertThat(read.end().gaps()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "unable to retrieve container logs for containerd://abc",
        "failed-to-create-fsnotify-watcher: too many open files",
        "2026-02-31T10:00:00Z no such day",
        "2026-11-28T10:00:00 no offset",
        "2026-11-28T10:00:00.Z no fraction",
        ""
      })
  void whatHasNoTime_isTheServersAndNoLineOfTheJob(String words) throws Exception {
    file.lines.addAll(List.of(DAY + "05Z a", DAY + "06Z b"));
    file.then(since -> input(DAY + "05Z a\n" + words + "\n")).then(since -> input(words + "\n"));

    LogFile.Read read = read();
    assertThat(read.lines()).containsExactly("a", "b");
    assertThat(read.end().isComplete()).isTrue();
    assertThat(file.asked.get(1)).isEqualTo("2026-11-28T10:00:00Z");
  }

  @Test
  void whatTheServerSaysInsteadOfALog_isInTheEnd() throws Exception {
    file.look = LogFile.ENDED;
    for (int i = 0; i < 100; i++) {
      file.then(since -> input("unable to retrieve container logs for containerd://abc\n"));
    }

    LogFile.Read read = read();
    assertThat(read.lines()).isEmpty();
    assertThat(read.end().isComplete()).isFalse();
    assertThat(read.end().text())
        .isEqualTo(
            "the log was not to be had for 60000 ms: the server says: unable to retrieve"
                + " container logs for containerd://abc");
  }

  private static ByteArrayInputStream input(String text) {
    return new ByteArrayInputStream(LogFile.utf8(text));
  }

  /** Each answer brings what came already, and ends. */
  @Test
  void aLogThatBringsNothingNew_isAskedForLessAndLessOften() throws Exception {
    file.lines.add(DAY + "05Z a");
    for (int i = 0; i < 20; i++) {
      file.then(1, Integer.MAX_VALUE, i % 2 == 0);
    }

    LogFile.Read read = read();
    assertThat(read.lines()).containsExactly("a");
    assertThat(read.end().isComplete()).isTrue();
    assertThat(Duration.ofNanos(file.nanoTime())).isGreaterThan(Duration.ofSeconds(60));
  }

  @Test
  void aNewLine_makesPausesShortAgain() throws Exception {
    for (int i = 10; i < 50; i++) {
      file.lines.add(DAY + i + "Z line " + i);
      file.then(i - 9, Integer.MAX_VALUE, true);
    }

    LogFile.Read read = read();
    assertThat(read.lines()).hasSize(40);
    assertThat(read.end().isComplete()).isTrue();
    // Of 100 ms each.
    assertThat(Duration.ofNanos(file.nanoTime())).isEqualTo(Duration.ofSeconds(4));
  }

  /** Each answer ends in good order, as it does at the container's end, and for other reasons. */
  @ParameterizedTest
  @EnumSource(names = {"FORBIDDEN", "UNREACHABLE"})
  void aLogOfWhichTheEndIsNotKnown_isNotFollowedForEver(PodLook.State state) throws Exception {
    file.look = new PodLook(state, "it is " + state, null);
    file.lines.addAll(List.of(DAY + "05Z a", DAY + "06Z b"));
    for (int i = 0; i < 1_000; i++) {
      file.then(i < 5 ? 1 : 2, Integer.MAX_VALUE, false);
    }

    LogFile.Read read = read();
    assertThat(read.lines()).containsExactly("a", "b");
    assertThat(read.end().isComplete()).isFalse();
    assertThat(read.end().text())
        .isEqualTo(
            "the log was not to be had for 60000 ms: not known whether the container has ended:"
                + " it is "
                + state);
    assertThat(Duration.ofNanos(file.nanoTime())).isBetween(OUTAGE, OUTAGE.plusSeconds(15));
  }

  // ---- what does not pass ----

  private LogFile.Read refused(int status, String words, PodLook.State state) throws IOException {
    file.look = new PodLook(state, "it is " + state, null);
    for (int i = 0; i < 1_000; i++) {
      file.then(
          since -> {
            throw new LogRefusal(status, words);
          });
    }
    return read();
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403, 405, 410, 422})
  void aRefusal_endsItAtOnce(int status) throws Exception {
    LogFile.Read read = refused(status, "no\nway", PodLook.State.RUNNING);
    assertThat(file.asked).hasSize(1);
    assertThat(read.end())
        .isEqualTo(new PodLogStream.End(false, 0, status, "HTTP " + status + ": no way"));
  }

  @ParameterizedTest
  @EnumSource(names = {"POD_GONE", "NO_SUCH_CONTAINER"})
  void aPodOrContainerThatIsNotThere_endsItAtOnce(PodLook.State state) throws Exception {
    LogFile.Read read = refused(400, "no such container", state);
    assertThat(file.asked).hasSize(1);
    assertThat(read.end().text()).isEqualTo("it is " + state + "; HTTP 400: no such container");
    assertThat(read.end().status()).isEqualTo(400);
  }

  @ParameterizedTest
  @EnumSource(names = {"RUNNING", "POD_ENDED", "CONTAINER_GONE"})
  void aRefusalThatAWaitingContainerWouldGetToo_endsItAtTheSecondTime(PodLook.State state)
      throws Exception {
    LogFile.Read read = refused(400, "a container name must be specified", state);
    assertThat(file.asked).hasSize(2);
    assertThat(read.end().text()).endsWith("HTTP 400: a container name must be specified");
  }

  @ParameterizedTest
  @EnumSource(names = {"WAITING", "UNREACHABLE", "FORBIDDEN"})
  void aContainerThatMayStartYet_isWaitedForAsLongAsAnOutage(PodLook.State state) throws Exception {
    LogFile.Read read = refused(400, "waiting to start", state);
    assertThat(file.asked).hasSizeGreaterThan(10);
    assertThat(Duration.ofNanos(file.nanoTime())).isBetween(OUTAGE, OUTAGE.plusSeconds(5));
    assertThat(read.end().text())
        .isEqualTo("the log was not to be had for 60000 ms: HTTP 400: waiting to start");
  }

  @ParameterizedTest
  @ValueSource(ints = {408, 429, 500, 502, 503, 504})
  void aServerThatCannotAnswer_isAskedAgain(int status) throws Exception {
    file.lines.add(DAY + "05Z a");
    for (int i = 0; i < 5; i++) {
      file.then(
          since -> {
            throw new LogRefusal(status, "");
          });
    }
    LogFile.Read read = read();
    assertThat(read.lines()).containsExactly("a");
    assertThat(read.end().isComplete()).isTrue();
  }

  @Test
  void aLastAnswerThatBreaks_isAskedForAgain_asLongAsAnOutage() throws Exception {
    file.lines.add(DAY + "05Z a");
    file.look = LogFile.ENDED;
    file.then(1, 0, true).then(1, 0, true).then(1, 0, true);
    assertThat(read().end().isComplete()).isTrue();

    for (int i = 0; i < 1_000; i++) {
      file.then(1, 0, true);
    }
    LogFile.Read read = read();
    assertThat(read.end().isComplete()).isFalse();
    assertThat(read.end().text()).contains("60000 ms: the connection failed");
  }

  /** What is held is what {@link PodLog#maxRetainedBytes} says. */
  @Test
  void whatItHolds_isBounded() throws Exception {
    for (int i = 0; i < 2 * SeenLines.MAX_LINES; i++) {
      file.lines.add(DAY + "05." + (100_000 + i) + "Z " + "x".repeat(i % 997 == 0 ? 200_000 : 5));
    }
    PodLogStream stream = new PodLogStream(file, OUTAGE, "GAP", file);
    byte[] buffer = new byte[1_000];
    while (stream.read(buffer, 0, buffer.length) >= 0) {
      assertThat(stream.retainedBytes()).isLessThanOrEqualTo((int) PodLog.maxRetainedBytes());
    }
    assertThat(stream.retainedBytes()).isGreaterThan(100_000);
  }
}
