package dev.logweir;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import org.junit.jupiter.api.Test;

class LogLineTest {
  private static LogLine view(String text, int from, int length) {
    LogLine line = new LogLine(LogSource.STDOUT);
    line.setContent(text.getBytes(US_ASCII), from, length);
    return line;
  }

  @Test
  void copyTo_putsTheBytesOfTheLineAloneWhereTheyAreToGo() {
    byte[] target = "......".getBytes(US_ASCII);
    view("one two three", 4, 3).copyTo(target, 2);
    assertThat(new String(target, US_ASCII)).isEqualTo("..two.");
    view("one", 0, 3).copyTo(target, 3);
    assertThat(new String(target, US_ASCII)).isEqualTo("..tone");
    view("", 0, 0).copyTo(target, 6);
    assertThat(new String(target, US_ASCII)).isEqualTo("..tone");
  }

  @Test
  void copyTo_refusesATargetWithoutRoomAndChangesNothing() {
    LogLine line = view("one", 0, 3);
    byte[] target = new byte[4];
    for (int offset : new int[] {-1, 2, 4, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
      assertThatExceptionOfType(IndexOutOfBoundsException.class)
          .isThrownBy(() -> line.copyTo(target, offset));
    }
    assertThat(target).containsOnly(0);
    assertThatNullPointerException().isThrownBy(() -> line.copyTo(null, 0));
  }
}
