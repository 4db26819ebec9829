package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/** Masks one text that is there as a whole. */
final class MaskerText extends MaskerScan {
  private @Nullable ByteArrayOutputStream masked;

  private MaskerText() {}

  /**
   * @param cut whether more of the text may have been meant to come: a value's beginning at its end
   *     is masked too
   */
  static String mask(MaskerValues values, String text, boolean cut) {
    byte[] bytes = text.getBytes(UTF_8);
    MaskerText scan = new MaskerText();
    scan.scan(values, bytes, 0, bytes.length, cut ? PartEnd.CUT : PartEnd.ENDS);
    return scan.masked == null ? text : scan.masked.toString(UTF_8);
  }

  @Override
  boolean linesFollow() {
    return false;
  }

  @Override
  ByteTarget begin() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    masked = out;
    return out::write;
  }
}
