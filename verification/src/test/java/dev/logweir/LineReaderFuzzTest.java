package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A batch of any lines, with and without counts behind them, is read as what was put into it. */
class LineReaderFuzzTest {
  private static final int MAX_LINES = 24;
  private static final int MAX_LINE = 60;
  private static final int MAX_STEPS = 40;

  /** A line as it was put in. */
  @SuppressWarnings("ArrayRecordComponent") // of a test, and compared by nobody
  private record Line(byte[] text, boolean tallied, long sourceBytes, int sourceLines) {
    long countedBytes() {
      return tallied ? sourceBytes : text.length + 1L;
    }

    int countedLines() {
      return tallied ? sourceLines : 1;
    }
  }

  @FuzzTest(maxDuration = "10m")
  void lines_areReadAsTheyWerePut(FuzzedDataProvider data) {
    // Of a few bytes each, so that lines, ends and counts fall on their borders.
    int nominal = Segment.SMALL - Segment.capacity(Segment.SMALL) + data.consumeInt(9, 40);
    byte[] marker = data.consumeBoolean() ? noLineEnd(data.consumeBytes(8)) : null;
    LogBatch batch = new LogBatch();
    if (marker != null) {
      batch.lines.markHead(marker);
    }
    List<Line> lines = new ArrayList<>();
    int count = data.consumeInt(0, MAX_LINES);
    for (int i = 0; i < count; i++) {
      byte[] text = noLineEnd(data.consumeBytes(data.consumeInt(0, MAX_LINE)));
      Line line =
          new Line(
              text, data.consumeBoolean(), data.consumeLong(0, 1L << 40), data.consumeInt(0, 1));
      lines.add(line);
      put(batch, line, nominal);
    }
    List<byte[]> expected = new ArrayList<>();
    if (marker != null) {
      expected.add(marker);
    }
    lines.forEach(line -> expected.add(line.text));
    int head = marker == null ? 0 : 1;

    assertThat(batch.size()).isEqualTo(expected.size());
    assertThat(batch.byteCount()).isEqualTo(text(expected, 0).length);
    assertThat(batch.lines.source())
        .isEqualTo(
            new Tally(
                lines.stream().mapToLong(Line::countedLines).sum(),
                lines.stream().mapToLong(Line::countedBytes).sum()));
    int next = 0;
    LineReader reader = batch.reader();
    boolean inLine = false;
    byte[] unread = {};
    for (int step = 0; step < MAX_STEPS && data.remainingBytes() > 0; step++) {
      switch (data.consumeInt(0, 4)) {
        case 0 -> { // one line on
          assertThat(reader.next()).isEqualTo(next < expected.size());
          inLine = next < expected.size();
          unread = inLine ? expected.get(next) : new byte[0];
          assertThat(reader.length()).isEqualTo(unread.length);
          if (inLine && next >= head) {
            Line line = lines.get(next - head);
            assertThat(reader.sourceBytes()).isEqualTo(line.countedBytes());
            assertThat(reader.sourceLines()).isEqualTo(line.countedLines());
          }
          next = Math.min(expected.size(), next + 1);
        }
        case 1 -> { // some bytes of it
          byte[] target = new byte[data.consumeInt(0, 30)];
          int read = reader.read(target, 0, target.length);
          int wanted = Math.min(unread.length, target.length);
          assertThat(read).isEqualTo(unread.length == 0 ? -1 : wanted);
          assertThat(Arrays.copyOf(target, wanted)).isEqualTo(Arrays.copyOf(unread, wanted));
          unread = Arrays.copyOfRange(unread, wanted, unread.length);
        }
        case 2 -> { // as many lines as fit
          byte[] target = new byte[data.consumeInt(0, 200)];
          int read = reader.readLines(target, 0, target.length);
          ByteArrayOutputStream fitting = new ByteArrayOutputStream();
          while (next < expected.size()
              && fitting.size() + expected.get(next).length + 1 <= target.length) {
            fitting.writeBytes(expected.get(next++));
            fitting.write('\n');
          }
          assertThat(Arrays.copyOf(target, read)).isEqualTo(fitting.toByteArray());
          unread = new byte[0];
        }
        case 3 -> { // from a line of its own choice on
          int line = data.consumeInt(0, expected.size());
          if (line == expected.size()) {
            assertThatThrownBy(() -> batch.reader(line))
                .isInstanceOf(IndexOutOfBoundsException.class);
          } else {
            reader = batch.reader(line);
            next = line;
            unread = new byte[0];
            assertThat(batch.get(line)).isEqualTo(new String(expected.get(line), UTF_8));
          }
        }
        default -> { // the last lines, as they are kept for a failure report
          int bytes = data.consumeInt(0, 200);
          int most = data.consumeInt(0, MAX_LINES);
          if (!lines.isEmpty()) {
            checkLast(batch, lines, most, bytes);
          }
        }
      }
    }

    byte[] all = text(expected, 0);
    byte[] target = new byte[all.length];
    assertThat(batch.reader().readLines(target, 0, target.length)).isEqualTo(all.length);
    assertThat(target).isEqualTo(all);
    int at = 0;
    for (String line : batch) {
      assertThat(line).isEqualTo(new String(expected.get(at++), UTF_8));
    }
    batch.lines.invalidate();
    LineReader late = reader;
    assertThatThrownBy(late::next).isInstanceOf(IllegalStateException.class);
  }

  private static void checkLast(LogBatch batch, List<Line> lines, int most, int bytes) {
    LineReader reader = batch.lastLines(most, bytes);
    List<byte[]> found = new ArrayList<>();
    while (reader.next()) {
      byte[] line = new byte[reader.length()];
      reader.read(line, 0, line.length);
      found.add(line);
    }
    assertThat(found).hasSizeLessThanOrEqualTo(Math.min(most, lines.size()));
    for (int i = 1; i <= found.size(); i++) {
      assertThat(found.get(found.size() - i)).isEqualTo(lines.get(lines.size() - i).text);
    }
  }

  private static void put(LogBatch batch, Line line, int nominal) {
    int bytes = line.text.length + 1 + (line.tallied ? LineCounts.MAX_TRAILER : 0);
    // Of a segment, less may be left than an end with its count takes.
    int wanted = bytes + LineCounts.MAX_TRAILER;
    while (batch.lines.room() - batch.lines.roomLostBy(line.tallied) < wanted) {
      batch.lines.addRoom(new Segment(nominal));
    }
    batch.lines.beginRun(line.tallied, LineReader.NO_SOURCE, 0);
    batch.lines.put(line.text, 0, line.text.length);
    if (line.tallied) {
      batch.lines.endTallied(line.sourceBytes, line.sourceLines);
    } else {
      batch.lines.endPlain(line.text.length + 1L);
    }
  }

  private static byte[] text(List<byte[]> lines, int from) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    for (byte[] line : lines.subList(from, lines.size())) {
      text.writeBytes(line);
      text.write('\n');
    }
    return text.toByteArray();
  }

  private static byte[] noLineEnd(byte[] bytes) {
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = bytes[i] == '\n' ? (byte) '\r' : bytes[i];
    }
    return bytes;
  }
}
