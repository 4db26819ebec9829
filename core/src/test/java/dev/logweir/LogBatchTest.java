package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.concurrent.Callable;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

class LogBatchTest {
  /** A batch whose send has returned. */
  static void assertNoLongerValid(LogBatch batch) {
    List<Callable<Object>> methods =
        List.of(
            batch::size,
            batch::isEmpty,
            () -> batch.get(0),
            batch::byteCount,
            batch::reader,
            () -> batch.reader(0),
            batch::iterator,
            batch::sequence,
            batch::firstLine,
            batch::offset,
            batch::call,
            batch::hashCode,
            () -> batch.contains("one"),
            () -> batch.indexOf("one"),
            () -> batch.equals(List.of("one")),
            () -> List.copyOf(batch),
            () -> batch.stream().toList());
    for (Callable<Object> method : methods) {
      Assertions.assertThatIllegalStateException()
          .isThrownBy(method::call)
          .withMessage("the batch is no longer valid: its send has returned");
    }
    assertThat(batch.toString()).startsWith("LogBatch[").doesNotContain("one");
  }

  @Test
  void of_copiesLinesAndKeepsABatch() {
    LogBatch batch = LogBatch.of(List.of("one", "", "drei \u00fc \ud83d\ude00"));
    assertThat(batch).containsExactly("one", "", "drei \u00fc \ud83d\ude00");
    assertThat(batch.byteCount()).isEqualTo(4 + 1 + 13);
    assertThat(LogBatch.of(batch)).isSameAs(batch);
    assertThat(LogBatch.of(List.of())).isEmpty();
    assertThat(batch.sequence()).isZero();
    assertThat(batch.call().timeLeft()).isEmpty();
    batch.call().written();
  }

  @Test
  void of_refusesNullAndLineEnds() {
    assertThatNullPointerException().isThrownBy(() -> LogBatch.of(null)).withMessage("lines");
    assertThatNullPointerException()
        .isThrownBy(() -> LogBatch.of(Arrays.asList("one", null)))
        .withMessage("line");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LogBatch.of(List.of("one", "t\nwo")))
        .withMessage("line must have no line end in it: 1");
  }

  @Test
  void get_findsEachLineInAnyOrder() {
    List<String> lines = new ArrayList<>();
    Random random = new Random(7);
    for (int i = 0; i < 3_000; i++) {
      lines.add(i + " " + "x".repeat(i % 500 == 0 ? 9_000 : random.nextInt(60)));
    }
    LogBatch batch = LogBatch.of(lines);
    assertThat(batch).isEqualTo(lines);
    for (int i = lines.size() - 1; i >= 0; i--) {
      assertThat(batch.get(i)).isEqualTo(lines.get(i));
    }
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      order.add(i);
    }
    Collections.shuffle(order, random);
    for (int i : order) {
      assertThat(batch.get(i)).isEqualTo(lines.get(i));
    }
    assertThat(batch.subList(10, 20)).isEqualTo(lines.subList(10, 20));
    assertThat(batch.stream().toList()).isEqualTo(lines);
  }

  @Test
  void get_backwardsOrInStepsBack_findsLinesWithCounts() {
    List<String> written = new ArrayList<>();
    Random random = new Random(11);
    for (int i = 0; i < 4_000; i++) {
      written.add(i + "\u00fc".repeat(i % 400 == 0 ? 5_000 : random.nextInt(20)));
    }
    List<String> wrong = new ArrayList<>();
    List<String> sent = new ArrayList<>();
    BatchSender sender =
        lines -> {
          List<String> forwards = List.copyOf(lines);
          sent.addAll(forwards);
          for (int step : new int[] {1, 3, 64, 65}) {
            for (int i = forwards.size() - 1; i >= 0; i -= step) {
              if (!lines.get(i).equals(forwards.get(i))) {
                wrong.add(i + " by " + step);
              }
            }
          }
        };
    LogStreamer log = LogStreamer.builder(sender).maxSize(1 << 20).processor(line -> {}).start();
    written.forEach(line -> log.stdout().write((line + "\n").getBytes(UTF_8)));
    assertThat(log.finish().isComplete()).isTrue();
    assertThat(sent).isEqualTo(written);
    assertThat(wrong).isEmpty();
  }

  @Test
  void list_isReadOnlyAndChecksItsIndex() {
    LogBatch batch = LogBatch.of(List.of("one"));
    assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> batch.get(-1));
    assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> batch.get(1));
    assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> batch.reader(-1));
    assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> batch.reader(1));
    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> batch.add("two"));
    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> batch.remove(0));
    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> batch.set(0, "two"));
    Iterator<String> iterator = batch.iterator();
    assertThat(iterator.next()).isEqualTo("one");
    assertThat(iterator.hasNext()).isFalse();
    assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(iterator::next);
  }

  @Test
  void toString_hasCountsOnly() {
    assertThat(LogBatch.of(List.of("secret", "words")))
        .hasToString("LogBatch[0, 2 lines, 13 bytes]");
  }

  @Test
  void ended_throwsFromEveryMethodAndFromItsReaders() {
    LogBatch batch = LogBatch.of(List.of("one", "two"));
    LineReader reader = batch.reader();
    Iterator<String> iterator = batch.iterator();
    assertThat(reader.next()).isTrue();
    batch.lines.invalidate();
    assertNoLongerValid(batch);
    Assertions.assertThatIllegalStateException().isThrownBy(reader::next);
    Assertions.assertThatIllegalStateException().isThrownBy(() -> reader.read(new byte[3], 0, 3));
    Assertions.assertThatIllegalStateException().isThrownBy(iterator::next);
  }

  @Test
  void reader_givesTheBytesOfEachLineInPieces() {
    byte[] marker = "[marker]".getBytes(UTF_8);
    LogBatch batch = LogBatch.of(List.of("one", "", "x".repeat(10_000), "four"));
    batch.lines.markHead(marker);
    assertThat(batch).hasSize(5).startsWith("[marker]", "one", "");
    assertThat(batch.get(4)).isEqualTo("four");
    LineReader reader = batch.reader();
    byte[] target = new byte[7_000];
    assertThat(reader.next()).isTrue();
    assertThat(reader.length()).isEqualTo(8);
    assertThat(reader.read(target, 0, 3)).isEqualTo(3);
    assertThat(reader.read(target, 3, 100)).isEqualTo(5);
    assertThat(new String(target, 0, 8, UTF_8)).isEqualTo("[marker]");
    assertThat(reader.read(target, 0, 1)).isEqualTo(-1);
    assertThat(reader.next()).isTrue();
    assertThat(reader.length()).isEqualTo(3);
    assertThat(reader.next()).isTrue();
    assertThat(reader.length()).isZero();
    assertThat(reader.read(target, 0, 1)).isEqualTo(-1);
    assertThat(reader.next()).isTrue();
    assertThat(reader.length()).isEqualTo(10_000);
    assertThat(reader.read(target, 0, 7_000)).isEqualTo(7_000);
    assertThat(reader.read(target, 0, 7_000)).isEqualTo(3_000);
    assertThat(reader.next()).isTrue();
    assertThat(reader.read(target, 0, 4)).isEqualTo(4);
    assertThat(new String(target, 0, 4, UTF_8)).isEqualTo("four");
    assertThat(reader.next()).isFalse();
    assertThat(reader.next()).isFalse();
    assertThat(reader.length()).isZero();
  }

  @Test
  void reader_checksItsRange() {
    LineReader reader = LogBatch.of(List.of("one")).reader();
    assertThat(reader.next()).isTrue();
    byte[] target = new byte[4];
    assertThatExceptionOfType(IndexOutOfBoundsException.class)
        .isThrownBy(() -> reader.read(target, 2, 3));
    assertThatExceptionOfType(IndexOutOfBoundsException.class)
        .isThrownBy(() -> reader.read(target, -1, 1));
    assertThatNullPointerException().isThrownBy(() -> reader.read(null, 0, 1));
  }

  @Test
  void ofBytes_keepsBytesThatAreNoText() {
    byte[] line = {(byte) 0xff, '\r', 0};

    LogBatch batch = LogBatch.ofBytes(List.of(line, new byte[100_000]));

    assertThat(batch).hasSize(2);
    LineReader reader = batch.reader();
    assertThat(reader.next()).isTrue();
    byte[] read = new byte[reader.length()];
    assertThat(reader.read(read, 0, read.length)).isEqualTo(3);
    assertThat(read).isEqualTo(line);
    assertThat(batch.get(1)).hasSize(100_000);
  }

  @Test
  void ofBytes_refusesALineFeed() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LogBatch.ofBytes(List.of(new byte[] {'a', '\n'})))
        .withMessage("line must have no line feed in it: 0");
  }
}
