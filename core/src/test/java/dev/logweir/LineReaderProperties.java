package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class LineReaderProperties {
  /**
   * @param run where it is from, and when it came
   */
  record Line(int length, boolean tallied, int run) {
    int source() {
      return run % 3;
    }

    Instant time() {
      return Instant.ofEpochMilli(1_800_000_000_000L + run);
    }

    byte[] text() {
      byte[] bytes = new byte[length];
      for (int i = 0; i < length; i++) {
        bytes[i] = (byte) ('a' + i % 26);
      }
      return bytes;
    }
  }

  @Property
  void readLines_andLinesOneByOne_giveTheWholeText(
      @ForAll("lines") List<Line> lines,
      @ForAll boolean marked,
      @ForAll @Size(min = 1, max = 8) List<@IntRange(max = 3000) Integer> sizes) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    LogBatch batch = batch(lines, marked, text);
    ByteArrayOutputStream read = new ByteArrayOutputStream();
    LineReader reader = batch.reader();

    boolean more = true;
    for (int step = 0; more; step++) {
      byte[] target = new byte[sizes.get(step % sizes.size())];
      int count = reader.readLines(target, 0, target.length);
      assertThat(count == 0 || target[count - 1] == '\n').isTrue();
      read.write(target, 0, count);
      more = count > 0;
      if (count == 0 && reader.next()) {
        byte[] line = new byte[reader.length()];
        assertThat(line.length == 0 || reader.read(line, 0, line.length) == line.length).isTrue();
        read.writeBytes(line);
        read.write('\n');
        more = true;
      }
    }

    assertThat(read.toByteArray()).isEqualTo(text.toByteArray());
  }

  @Property
  void readLines_takesAsManyAsFit(
      @ForAll("lines") List<Line> lines, @ForAll @IntRange(max = 6000) int size) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    LogBatch batch = batch(lines, false, text);

    byte[] target = new byte[size];
    int count = batch.reader().readLines(target, 0, size);

    byte[] all = text.toByteArray();
    int fitting = Math.min(size, all.length);
    assertThat(count).isEqualTo(Newlines.last(all, 0, fitting) + 1);
    assertThat(Arrays.copyOf(target, count)).isEqualTo(Arrays.copyOf(all, count));
  }

  @Property
  void readerOfALine_givesTheTextFromThereOn(
      @ForAll("lines") List<Line> lines,
      @ForAll boolean marked,
      @ForAll @Size(min = 1, max = 8) List<@IntRange(max = 60) Integer> places) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    LogBatch batch = batch(lines, marked, text);
    byte[] all = text.toByteArray();
    for (int place : places) {
      int line = place % Math.max(1, batch.size());
      int begin = 0;
      for (int i = 0; i < line; i++) {
        begin = Newlines.first(all, begin, all.length) + 1;
      }
      if (batch.isEmpty()) {
        assertThatExceptionOfType(IndexOutOfBoundsException.class)
            .isThrownBy(() -> batch.reader(line));
        continue;
      }

      byte[] rest = new byte[all.length - begin];
      assertThat(batch.reader(line).readLines(rest, 0, rest.length)).isEqualTo(rest.length);
      assertThat(rest).isEqualTo(Arrays.copyOfRange(all, begin, all.length));
      LineReader reader = batch.reader(line);
      assertThat(reader.next()).isTrue();
      assertThat(reader.length()).isEqualTo(Newlines.first(all, begin, all.length) - begin);
    }
  }

  @Property
  void eachLine_saysWhereItIsFromAndWhenItCame(
      @ForAll("lines") List<Line> lines,
      @ForAll boolean marked,
      @ForAll @Size(min = 1, max = 8) List<@IntRange(max = 60) Integer> places) {
    LogBatch batch = batch(lines, marked, new ByteArrayOutputStream());
    LineReader reader = batch.reader();
    assertThat(reader.source()).as("before the first").isEmpty();
    if (marked) {
      assertThat(reader.next()).isTrue();
      assertThat(reader.source()).as("of the marker at the head").isEmpty();
      assertThat(reader.arrivalTime()).isEmpty();
    }
    for (Line line : lines) {
      assertThat(reader.next()).isTrue();
      reader.read(new byte[10], 0, 10);
      assertRun(reader, line);
    }
    assertThat(reader.next()).isFalse();
    assertThat(reader.source()).as("behind the last").isEmpty();
    for (int place : places) {
      int line = place % Math.max(1, batch.size());
      if (line < (marked ? 1 : 0) || batch.isEmpty()) {
        continue;
      }
      LineReader from = batch.reader(line);
      assertThat(from.source()).as("before it is read").isEmpty();
      assertThat(from.next()).isTrue();
      assertRun(from, lines.get(line - (marked ? 1 : 0)));
    }
  }

  private static void assertRun(LineReader reader, Line line) {
    assertThat(reader.source())
        .isEqualTo(
            line.source() == LineReader.NO_SOURCE
                ? Optional.empty()
                : Optional.of(LogSource.values()[line.source()]));
    assertThat(reader.arrivalTime()).contains(line.time());
  }

  /** Lines with and without counts behind them, in small segments. */
  private static LogBatch batch(List<Line> lines, boolean marked, ByteArrayOutputStream text) {
    LogBatch batch = new LogBatch();
    if (marked) {
      byte[] marker = {'m', 'a', 'r', 'k'};
      batch.lines.markHead(marker);
      text.writeBytes(marker);
      text.write('\n');
    }
    for (Line line : lines) {
      int bytes = line.text().length + LineCounts.MAX_TRAILER;
      while (batch.lines.room() - batch.lines.roomLostBy(line.tallied()) < 2 * bytes) {
        batch.lines.addRoom(new Segment(Segment.SMALL));
      }
      batch.lines.beginRun(line.tallied(), line.source(), line.time().toEpochMilli());
      batch.lines.put(line.text(), 0, line.text().length);
      if (line.tallied()) {
        batch.lines.endTallied(line.text().length + 1L, 1);
      } else {
        batch.lines.endPlain(line.text().length + 1L);
      }
      text.writeBytes(line.text());
      text.write('\n');
    }
    return batch;
  }

  @Provide
  Arbitrary<List<Line>> lines() {
    Arbitrary<Integer> length =
        Arbitraries.frequencyOf(
            Tuple.of(5, Arbitraries.integers().between(0, 40)),
            Tuple.of(1, Arbitraries.integers().between(700, 2500)));
    return Combinators.combine(length, Arbitraries.of(true, false), Arbitraries.of(0, 1, 2, 3))
        .as(Line::new)
        .list()
        .ofMaxSize(60);
  }
}
