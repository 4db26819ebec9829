package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class BytesProperties {
  @Property
  void newlines_areFoundAsOneByOne(
      @ForAll("someLines") byte[] bytes, @ForAll int one, @ForAll int two) {
    int a = Math.floorMod(one, bytes.length + 1);
    int b = Math.floorMod(two, bytes.length + 1);
    int from = Math.min(a, b);
    int to = Math.max(a, b);
    int count = 0;
    int first = to;
    int last = from - 1;
    for (int i = from; i < to; i++) {
      if (bytes[i] == '\n') {
        count++;
        first = Math.min(first, i);
        last = i;
      }
    }

    assertThat(Newlines.count(bytes, from, to)).isEqualTo(count);
    assertThat(Newlines.first(bytes, from, to)).isEqualTo(first);
    assertThat(Newlines.last(bytes, from, to)).isEqualTo(last);
  }

  @Property
  void boundary_isTheLastPlaceBetweenTwoCharacters(@ForAll("texts") String text, @ForAll int cut) {
    byte[] bytes = text.getBytes(UTF_8);
    int end = Math.floorMod(cut, bytes.length + 1);
    int found = Utf8.boundary(bytes, 0, end);
    int expected = end;
    while (expected > 0 && !isWhole(bytes, expected)) {
      expected--;
    }

    // Nothing would be left: then the cut is as good as any other.
    assertThat(found).isEqualTo(expected == 0 ? end : expected);
  }

  @Property
  void boundary_ofAnyBytesLeavesAtMostThreeForLater(@ForAll byte[] bytes, @ForAll int cut) {
    int end = Math.floorMod(cut, bytes.length + 1);

    assertThat(Utf8.boundary(bytes, 0, end)).isBetween(Math.max(Math.min(end, 1), end - 3), end);
  }

  private static boolean isWhole(byte[] bytes, int end) {
    try {
      UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, 0, end));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  @Provide
  Arbitrary<byte[]> someLines() {
    return Arbitraries.bytes()
        .filter(b -> b != '\n')
        .edgeCases(config -> config.none())
        .injectDuplicates(0.2)
        .list()
        .ofMaxSize(60)
        .map(BytesProperties::withLineEnds);
  }

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.of(
            "a",
            "\u007F",
            "\u0080",
            "é",
            "\u07FF",
            "\u0800",
            "€",
            "\uFFFD",
            "\uD83D\uDE00",
            "\uDBFF\uDFFF")
        .list()
        .ofMaxSize(20)
        .map(list -> String.join("", list));
  }

  /** Some values become line ends, and those that differ from one by a bit stay. */
  private static byte[] withLineEnds(java.util.List<Byte> list) {
    byte[] bytes = new byte[list.size()];
    for (int i = 0; i < bytes.length; i++) {
      byte b = list.get(i);
      bytes[i] = (byte) (b % 5 == 0 ? '\n' : b % 7 == 0 ? '\n' ^ 0x80 : b % 3 == 0 ? 11 : b);
    }
    return bytes;
  }
}
