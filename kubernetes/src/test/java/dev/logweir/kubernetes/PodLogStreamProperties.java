package dev.logweir.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/**
 * A log that is cut anywhere, any number of times, with times in any zone and a bit of disorder.
 */
class PodLogStreamProperties {
  private static final Instant START = Instant.parse("2026-03-28T23:59:40Z");
  private static final Duration OUTAGE = Duration.ofMinutes(10);

  private static String line(int millis, int offsetMinutes, String text) {
    OffsetDateTime time =
        OffsetDateTime.ofInstant(
            START.plusMillis(millis), ZoneOffset.ofTotalSeconds(offsetMinutes * 60));
    // With its seconds, also where they are none.
    return DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(time) + " " + text;
  }

  private static LogFile file(List<Integer> steps, int offsetMinutes) {
    LogFile file = new LogFile();
    int millis = 0;
    for (int i = 0; i < steps.size(); i++) {
      // Some come with a time of up to two seconds before, and many with the same.
      millis = Math.max(0, millis + steps.get(i) / 10 * 10);
      String text = i % 3 == 0 ? "same" : "line " + i + "x".repeat(i % 50);
      file.lines.add(line(millis, offsetMinutes, text));
    }
    return file;
  }

  private static List<String> texts(LogFile file) {
    return file.lines.stream().map(line -> line.substring(line.indexOf(' ') + 1)).toList();
  }

  @Property
  void everyLineComesOnce_whereverItIsCut(
      @ForAll @Size(min = 1, max = 300) List<@IntRange(min = -300, max = 700) Integer> steps,
      @ForAll @Size(max = 8) List<@IntRange(max = 9_000) Integer> cuts,
      @ForAll @IntRange(min = -840, max = 840) int offsetMinutes)
      throws Exception {
    LogFile file = file(steps, offsetMinutes);
    int grown = 0;
    for (int i = 0; i < cuts.size(); i++) {
      // It grows by a few lines between two cuts, as in life.
      grown = Math.min(file.lines.size(), grown + cuts.get(i) % 60);
      file.then(grown, cuts.get(i), i % 2 == 0);
    }
    LogFile.Read read = file.readAll(OUTAGE);
    assertThat(read.lines()).containsExactlyElementsOf(texts(file));
    assertThat(read.end().isComplete()).as(read.end().text()).isTrue();
  }

  @Property
  void whatIsRotatedAway_isMarkedIfALineIsMissing_andNothingComesTwice(
      @ForAll @Size(min = 2, max = 300) List<@IntRange(min = 0, max = 700) Integer> steps,
      @ForAll @IntRange(max = 300) int seen,
      @ForAll @IntRange(max = 300) int rotated)
      throws Exception {
    LogFile file = new LogFile();
    int millis = 0;
    for (int i = 0; i < steps.size(); i++) {
      millis += steps.get(i);
      file.lines.add(line(millis, 0, "line " + i));
    }
    int had = Math.min(seen, steps.size());
    int kept = Math.min(rotated, steps.size() - 1);
    file.then(had, Integer.MAX_VALUE, true);
    file.then(
        since -> {
          file.lines.subList(0, kept).clear();
          file.look = LogFile.ENDED;
          throw new LogRefusal(503, "");
        });
    LogFile.Read read = file.readAll(OUTAGE);
    List<String> lines = read.lines().stream().filter(line -> !line.equals("GAP")).toList();
    List<String> expected =
        IntStream.range(0, steps.size())
            .filter(i -> i < had || i >= kept)
            .mapToObj(i -> "line " + i)
            .toList();
    assertThat(lines).containsExactlyElementsOf(expected);
    if (kept > had && had > 0) {
      assertThat(read.lines()).contains("GAP");
      assertThat(read.end().isComplete()).isFalse();
    }
    if (kept < had) {
      assertThat(read.end().isComplete()).as(read.end().text()).isTrue();
    }
  }
}
