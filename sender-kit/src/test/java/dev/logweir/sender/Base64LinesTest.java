package dev.logweir.sender;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.LogBatch;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Base64LinesTest {
  private static final int SOURCE_BYTES = 3 * 1024;

  private static byte[] line(int length) {
    byte[] line = new byte[length];
    for (int i = 0; i < length; i++) {
      byte b = (byte) (i * 31 + length);
      line[i] = b == '\n' ? 0 : b;
    }
    return line;
  }

  private static String expected(List<byte[]> lines) {
    return lines.stream()
        .map(line -> '"' + Base64.getEncoder().encodeToString(line) + '"')
        .collect(Collectors.joining(", "));
  }

  private static void assertEncoded(List<byte[]> lines, int roomForLengths) throws IOException {
    LogBatch batch = LogBatch.ofBytes(lines);
    byte[] lengths = new byte[roomForLengths];
    ByteArrayOutputStream out = new ByteArrayOutputStream();

    long length = Base64Lines.length(batch.reader(), lines.size(), lengths);
    new Base64Lines(out).write(batch.reader(), lines.size(), lengths);

    assertThat(out.toString(US_ASCII)).isEqualTo(expected(lines));
    assertThat(out.size()).isEqualTo(length);
    long bound =
        lines.stream()
            .mapToLong(line -> Base64Lines.digits(line.length) + Base64Lines.LINE_BYTES)
            .sum();
    assertThat(length).isLessThanOrEqualTo(bound);
  }

  @Test
  void noLines_areNothing() throws IOException {
    assertEncoded(List.of(), 0);
  }

  @Test
  void linesOfEachLengthSideBySide_areEncodedAsTheJdkDoes() throws IOException {
    List<byte[]> lines = new ArrayList<>();
    for (int length = 0; length < 300; length++) {
      lines.add(line(length));
    }

    assertEncoded(lines, 3 * lines.size());
    assertEncoded(lines, 7); // the lengths of the others have no room
    assertEncoded(lines, 0);
  }

  @ParameterizedTest
  @ValueSource(ints = {SOURCE_BYTES, 4 * 1024, 2 * SOURCE_BYTES, 3 * SOURCE_BYTES, 40_000})
  void linesAroundTheSizesOfTheBuffers_areEncodedAsTheJdkDoes(int size) throws IOException {
    for (int length = size - 4; length <= size + 4; length++) {
      assertEncoded(List.of(line(2), line(length), line(1), line(0), line(length)), 100);
      assertEncoded(List.of(line(length)), 0);
    }
  }

  @Test
  void aPartOfABatch_isEncodedFromWhereItsReaderStands() throws IOException {
    List<byte[]> lines = List.of(line(1), line(200), line(3), line(4));
    LogBatch batch = LogBatch.ofBytes(lines);
    ByteArrayOutputStream out = new ByteArrayOutputStream();

    new Base64Lines(out).write(batch.reader(1), 2, new byte[0]);

    assertThat(out.toString(US_ASCII)).isEqualTo(expected(lines.subList(1, 3)));
  }
}
