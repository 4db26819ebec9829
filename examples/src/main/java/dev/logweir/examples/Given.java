package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Texts from outside the process, refused where they are not what was given.
 *
 * <p>The JDK decodes arguments and variables by the locale and says nothing when that loses bytes:
 * a secret would then be looked for in a form that no job prints, and a command would get another
 * argument than was typed.
 */
final class Given {
  private static final int MAX_SECRET_BYTES = 1 << 20;
  private static final char LOST = '\uFFFD';

  private Given() {}

  /**
   * Checks that an argument can be handed on as it came.
   *
   * @param name what it is, for a person
   * @throws IllegalArgumentException if it cannot
   */
  static void checkArgument(String name, String text) {
    Charset encoding = localeEncoding();
    if (text.indexOf(LOST) >= 0 || !new String(text.getBytes(encoding), encoding).equals(text)) {
      throw garbled(name, "run with LC_ALL=C.UTF-8");
    }
  }

  /**
   * Checks that a secret is what jobs print: they print bytes, and those are looked for as UTF-8.
   *
   * @param name what it is, for a person; the text of the failure has nothing of the secret
   * @throws IllegalArgumentException if it may not be
   */
  static String secret(String name, String text) {
    boolean ascii = text.chars().allMatch(c -> c < 0x80);
    if (!ascii && (text.indexOf(LOST) >= 0 || !localeEncoding().equals(UTF_8))) {
      throw garbled(name, "run with LC_ALL=C.UTF-8, or use --secret-file");
    }
    return notBlank(name, text);
  }

  /**
   * Reads a variable that holds a secret.
   *
   * @throws IllegalArgumentException if it is not set, blank, or garbled
   */
  static String secretOfVariable(String variable, @Nullable String value) {
    if (value == null) {
      throw new IllegalArgumentException(
          "--secret-env names a variable that is not set: " + variable);
    }
    String name = "--secret-env " + variable;
    // Up to JDK 17 variables are decoded by the default charset, which can be set apart.
    if (value.chars().anyMatch(c -> c >= 0x80) && !Charset.defaultCharset().equals(UTF_8)) {
      throw garbled(name, "run with LC_ALL=C.UTF-8, or use --secret-file");
    }
    return secret(name, value);
  }

  /**
   * Reads a file that holds one secret, of one line or several, without the line ends behind it.
   *
   * @throws IllegalArgumentException if it cannot be read, is no UTF-8, blank, or over 1 MiB
   */
  static String secretOfFile(Path file) {
    String name = "--secret-file " + file;
    try {
      if (Files.size(file) > MAX_SECRET_BYTES) {
        throw new IllegalArgumentException(name + " must have at most 1M: " + Files.size(file));
      }
      String text = UTF_8.newDecoder().decode(ByteBuffer.wrap(Files.readAllBytes(file))).toString();
      int end = text.length();
      while (end > 0 && "\r\n".indexOf(text.charAt(end - 1)) >= 0) {
        end--;
      }
      return notBlank(name, text.substring(0, end));
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(name + " must be UTF-8", e);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          name + " cannot be read: " + e.getClass().getSimpleName(), e);
    }
  }

  private static String notBlank(String name, String text) {
    if (text.isBlank()) {
      throw new IllegalArgumentException(name + " must not be empty or blank");
    }
    return text;
  }

  private static IllegalArgumentException garbled(String name, String remedy) {
    return new IllegalArgumentException(
        name
            + " has characters that the locale's encoding, "
            + localeEncoding()
            + ", does not carry: "
            + remedy);
  }

  /** By which the JDK decodes arguments and encodes those of other programs. */
  private static Charset localeEncoding() {
    String name = System.getProperty("sun.jnu.encoding", "UTF-8");
    return Charset.isSupported(name) ? Charset.forName(name) : Charset.defaultCharset();
  }
}
