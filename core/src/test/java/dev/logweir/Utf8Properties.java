package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;

class Utf8Properties {
  @Property
  void bytes_areThoseOfTheJdk(
      @ForAll
          @CharRange(from = 'x', to = '\u0081')
          @CharRange(from = '\u07FD', to = '\u0802')
          @CharRange(from = '\uD7FE', to = '\uE001')
          String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int point;
    for (int at = 0; at < text.length(); at += Character.charCount(point)) {
      point = Utf8.pointAt(text, at);
      for (int i = 0; i < Utf8.length(point); i++) {
        bytes.write(Utf8.byteAt(point, i));
      }
    }
    assertThat(bytes.toByteArray()).isEqualTo(text.getBytes(UTF_8));
  }
}
