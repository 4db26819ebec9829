package dev.logweir.opslevel;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class Base64TextProperties {
  @Property
  void encode_isStandardBase64AtAnyOffset(
      @ForAll @Size(max = 400) byte[] source, @ForAll @IntRange(max = 50) int offset) {
    int from = Math.min(offset, source.length);
    byte[] target = new byte[700];

    int end = Base64Text.encode(source, from, source.length, target, offset);

    byte[] part = java.util.Arrays.copyOfRange(source, from, source.length);
    assertThat(new String(target, offset, end - offset, ISO_8859_1))
        .isEqualTo(Base64.getEncoder().encodeToString(part));
    assertThat(Base64Text.length(part.length)).isEqualTo(end - offset);
    assertThat(target[end]).isZero();
  }
}
