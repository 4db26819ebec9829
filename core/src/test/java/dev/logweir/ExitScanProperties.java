package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** The scan in any pieces, against a search of the whole text. */
class ExitScanProperties {
  private static final ExitMarker MARKER = ExitMarker.random();
  private static final String BEGIN = new String(MARKER.begin(), StandardCharsets.ISO_8859_1);

  /** Text with whole markers, beginnings of them, and what is nearly one. */
  @Provide
  Arbitrary<String> texts() {
    Arbitrary<String> piece =
        Arbitraries.oneOf(
            Arbitraries.strings().withChars("ab\n\u001e:0").ofMaxLength(6),
            Arbitraries.integers().between(0, 999).map(code -> BEGIN + code + "\n"),
            Arbitraries.integers().between(0, BEGIN.length()).map(n -> BEGIN.substring(0, n)),
            Arbitraries.of(
                BEGIN + "\n",
                BEGIN + "1234\n",
                BEGIN + "7",
                BEGIN + "00",
                BEGIN + "1x\n",
                BEGIN.substring(1) + "0\n",
                BEGIN.toUpperCase(Locale.ROOT) + "0\n"));
    return piece.list().ofMaxSize(8).map(pieces -> String.join("", pieces));
  }

  @Property
  void scan_findsEveryMarkerAndNothingElse_inAnyPieces(
      @ForAll("texts") String text,
      @ForAll @Size(max = 12) List<@IntRange(min = 1, max = 50) Integer> cuts) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    ExitScan scan = new ExitScan(MARKER, new Totals());
    ByteArrayOutputStream plain = new ByteArrayOutputStream();
    int codes = 0;
    int from = 0;
    int piece = 0;
    while (from < bytes.length) {
      int size = cuts.isEmpty() ? bytes.length : cuts.get(piece++ % cuts.size());
      int end = Math.min(bytes.length, from + size);
      while (from < end) {
        int to = scan.plainEnd(bytes, from, end);
        plain.write(bytes, from, to - from);
        from = to;
        if (from < end) {
          from = scan.take(bytes, from, end);
          if (scan.takeMarker()) {
            codes++;
          } else if (from < end) {
            int count = scan.letGo();
            plain.write(scan.held(), 0, count);
          }
        }
      }
    }
    int held = (int) scan.heldBytes();

    int markers = 0;
    int last = -1;
    Matcher matcher =
        Pattern.compile(Pattern.quote(BEGIN) + "(2[0-4][0-9]|25[0-5]|[01]?[0-9]{1,2})\n")
            .matcher(text);
    StringBuilder rest = new StringBuilder();
    while (matcher.find()) {
      matcher.appendReplacement(rest, "");
      markers++;
      last = Integer.parseInt(matcher.group(1));
    }
    String expected = matcher.appendTail(rest).toString();
    assertThat(codes).isEqualTo(markers);
    assertThat(scan.code()).isEqualTo(last);
    assertThat(plain.toString(StandardCharsets.ISO_8859_1) + tail(expected, held))
        .isEqualTo(expected);
    assertThat(held).isLessThan(BEGIN.length() + 4);
    assertThat(scan.marked().lines()).isEqualTo(markers);
  }

  private static String tail(String text, int length) {
    return text.substring(text.length() - length);
  }

  @Property
  void end_takesWhatIsLeftOfAMarkerThatWasCut(@ForAll @IntRange(min = 1, max = 36) int length) {
    byte[] bytes = (BEGIN + "137\n").getBytes(StandardCharsets.ISO_8859_1);
    ExitScan scan = new ExitScan(MARKER, new Totals());
    assertThat(scan.plainEnd(bytes, 0, length)).isEqualTo(0);
    assertThat(scan.take(bytes, 0, length)).isEqualTo(length);
    assertThat(scan.takeMarker()).isFalse();
    scan.end();
    assertThat(scan.marked()).isEqualTo(new Tally(1, length));
    assertThat(scan.code()).isEqualTo(-1);
  }
}
