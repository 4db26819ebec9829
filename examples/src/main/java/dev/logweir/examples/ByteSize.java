package dev.logweir.examples;

import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A number of bytes as typed: {@code 65536}, {@code 256K}, {@code 8M}, {@code 1G}. */
final class ByteSize implements ITypeConverter<Long> {
  @Override
  public Long convert(String text) {
    String number = text.toUpperCase(Locale.ROOT);
    int shift = 0;
    if (!number.isEmpty()) {
      shift = 10 * ("KMG".indexOf(number.charAt(number.length() - 1)) + 1);
    }
    if (shift > 0) {
      number = number.substring(0, number.length() - 1);
    }
    try {
      return Math.multiplyExact(Long.parseLong(number), 1L << shift);
    } catch (NumberFormatException | ArithmeticException e) {
      throw new TypeConversionException("'" + text + "' is not a size such as 65536, 256K or 8M");
    }
  }

  /** The shortest exact way to write it. */
  static String of(long bytes) {
    String units = "KMG";
    for (int unit = 2; unit >= 0; unit--) {
      int shift = 10 * (unit + 1);
      if (bytes != 0 && bytes == bytes >> shift << shift) {
        return (bytes >> shift) + units.substring(unit, unit + 1);
      }
    }
    return Long.toString(bytes);
  }
}
