package dev.logweir.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the check of the stress run must see. */
class StressCheckTest {
  private static final String SECRET = "correct#horse";
  private static final String MASK = "**********";
  private static final String MARKER =
      "[logweir 3f2a9c1e] 2 lines (40 bytes) dropped here: queue_full";

  private static List<String> lines(int count) {
    StringBuilder text = new StringBuilder();
    StressLines lines = new StressLines(7, 'o', SECRET, 40);
    for (int i = 0; i < count; i++) {
      lines.append(text, i);
    }
    return Stream.of(text.toString().split("\n")).map(line -> line.replace(SECRET, MASK)).toList();
  }

  private static StressCheck check(Iterable<String> lines) {
    StressCheck check = new StressCheck(SECRET, false, number -> false, false);
    lines.forEach(check::line);
    return check;
  }

  private static List<String> numbered(int count) {
    return lines(count).stream().filter(line -> line.startsWith("<")).toList();
  }

  @Test
  void allLines_areRight() {
    StressCheck check = check(lines(300));
    check.end(true, 300, 0);
    assertThat(check.fault()).isNull();
    assertThat(check.wholeLines()).isGreaterThan(300);
    assertThat(lines(300)).anyMatch(line -> line.contains(MASK)).contains(StressLines.TINY);
  }

  @Test
  void missingLine_mustHaveAMarker() {
    List<String> some = numbered(10);
    assertThat(check(Stream.concat(some.stream().limit(3), some.stream().skip(5)).toList()).fault())
        .contains("line 3 is missing");
    assertThat(
            check(
                    Stream.of(some.stream().limit(3), Stream.of(MARKER), some.stream().skip(5))
                        .flatMap(part -> part)
                        .toList())
                .fault())
        .isNull();
  }

  @Test
  void missingEnd_isNotComplete() {
    StressCheck check = check(numbered(9));
    check.end(false, 10, 0);
    assertThat(check.fault()).isNull();
    check.end(true, 10, 0);
    assertThat(check.fault()).contains("line o9 is missing");
  }

  @Test
  void markers_areNotComplete() {
    StressCheck check = check(List.of(MARKER));
    check.end(true, 0, 0);
    assertThat(check.fault()).contains("there are markers");
  }

  @Test
  void orderAndRepetition_areSeen() {
    List<String> some = numbered(4);
    assertThat(check(List.of(some.get(0), MARKER, some.get(2), some.get(1))).fault())
        .contains("line 1 after line 2");
    assertThat(check(List.of(some.get(0), some.get(0))).fault()).contains("line 0 after line 0");
  }

  @Test
  void changedOrJoinedLines_areSeen() {
    List<String> some = numbered(2);
    assertThat(check(List.of(some.get(0) + some.get(1))).fault()).isNotNull();
    assertThat(check(List.of(some.get(0).replace("{", "x{"))).fault()).contains("nobody wrote");
    assertThat(check(List.of(some.get(0).substring(0, some.get(0).length() - 1))).fault())
        .contains("nobody wrote");
    assertThat(check(List.of(some.get(0).substring(StressLines.CELL))).fault())
        .contains("without its beginning");
  }

  @Test
  void lineCutByTheEnd_isTheLast() {
    List<String> some = numbered(3);
    StressCheck check = new StressCheck(SECRET, false, number -> false, true);
    check.line(some.get(0));
    check.line(some.get(1).substring(0, StressLines.CELL + 3));
    assertThat(check.fault()).isNull();
    check.line(some.get(2));
    assertThat(check.fault()).contains("only the end can have cut");
    StressCheck short1 = new StressCheck(SECRET, false, number -> false, true);
    short1.line("<o0");
    assertThat(short1.fault()).isNull();
    short1.line(some.get(0));
    assertThat(short1.fault()).contains("only the end can have cut");
  }

  @Test
  void secret_isSeen() {
    assertThat(check(List.of("<" + SECRET)).fault()).contains("secret");
  }

  @Test
  void fragments_areJoined() {
    String line = numbered(1).get(0);
    int cut = StressLines.CELL + 5;
    String begin = line.substring(0, cut) + " [logweir 3f2a9c1e: continued]";
    assertThat(check(List.of(begin, line.substring(cut))).fault()).isNull();
    assertThat(check(List.of(begin, line.substring(cut + 1))).fault()).isNotNull();
    assertThat(check(List.of(begin, numbered(2).get(1))).fault()).contains("within another one");
  }

  @Test
  void missingPrefix_isSeen() {
    StressCheck check = new StressCheck("", true, number -> false, false);
    String line = numbered(1).get(0).replace(MASK, SECRET);
    check.line("2026-11-23T22:57:01Z [1] " + line);
    assertThat(check.fault()).isNull();
    check.line(numbered(2).get(1));
    assertThat(check.fault()).isEqualTo("no prefix: " + numbered(2).get(1));
  }
}
