package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.HexFormat;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;

/** The ways in which JSON, XML, URLs and shells write a text with their escapes. */
final class SecretEscapes {
  /**
   * What the usual encoders leave as it is beside letters and digits: RFC 3986, forms, and
   * JavaScript's.
   */
  private static final String[] UNRESERVED = {"-._~", "-._*", "-_.!~*'()", "-_.!~*'();,/?:@&=+$#"};

  private static final String[] APOSTROPHES = {"'", "&apos;", "&#39;", "&#x27;"};
  private static final String[] QUOTES = {"\"", "&quot;", "&#34;"};
  private static final String[] GREATER = {">", "&gt;"};
  private static final HexFormat LOWER = HexFormat.of();
  private static final HexFormat UPPER = HexFormat.of().withUpperCase();

  private SecretEscapes() {}

  static void all(String value, Consumer<String> to) {
    percent(value, to);
    json(value, to);
    xml(value, to);
    shell(value, to);
  }

  private static void percent(String value, Consumer<String> to) {
    for (String unreserved : UNRESERVED) {
      for (HexFormat hex : new HexFormat[] {UPPER, LOWER}) {
        String text = percent(value, unreserved, hex);
        to.accept(text);
        to.accept(text.replace("%20", "+"));
      }
    }
  }

  private static String percent(String value, String unreserved, HexFormat hex) {
    StringBuilder text = new StringBuilder();
    for (byte b : value.getBytes(UTF_8)) {
      char c = (char) (b & 0xFF);
      if (c < 0x80 && (isLetterOrDigit(c) || unreserved.indexOf(c) >= 0)) {
        text.append(c);
      } else {
        text.append('%').append(hex.toHexDigits(b));
      }
    }
    return text.toString();
  }

  private static void json(String value, Consumer<String> to) {
    for (HexFormat hex : new HexFormat[] {LOWER, UPPER}) {
      UnaryOperator<String> plain = text -> json(text, hex, "", false);
      to.accept(plain.apply(value));
      to.accept(json(value, hex, "", true));
      to.accept(json(value, hex, "<>&\u2028\u2029", false));
      to.accept(json(value, hex, "<>&='\u2028\u2029", false));
      to.accept(plain.apply(value).replace("/", "\\/"));
      to.accept(json(value, hex, "", true).replace("/", "\\/"));
    }
  }

  private static String json(String value, HexFormat hex, String also, boolean asciiOnly) {
    return escape(
        value,
        c ->
            switch (c) {
              case '"' -> "\\\"";
              case '\\' -> "\\\\";
              case '\n' -> "\\n";
              case '\r' -> "\\r";
              case '\t' -> "\\t";
              case '\b' -> "\\b";
              case '\f' -> "\\f";
              default ->
                  c < ' ' || also.indexOf(c) >= 0 || (asciiOnly && c > '~')
                      ? "\\u" + hex.toHexDigits((char) c)
                      : Character.toString(c);
            });
  }

  private static void xml(String value, Consumer<String> to) {
    for (String apostrophe : APOSTROPHES) {
      for (String quote : QUOTES) {
        for (String greater : GREATER) {
          to.accept(
              value
                  .replace("&", "&amp;")
                  .replace("<", "&lt;")
                  .replace(">", greater)
                  .replace("\"", quote)
                  .replace("'", apostrophe));
        }
      }
    }
  }

  private static void shell(String value, Consumer<String> to) {
    to.accept(value.replace("'", "'\\''"));
    to.accept(value.replace("'", "'\"'\"'"));
    to.accept(escape(value, c -> (isOneOf(c, "\"\\$`") ? "\\" : "") + (char) c));
    to.accept(escape(value, c -> (isOneOf(c, "\"\\$`!") ? "\\" : "") + (char) c));
    to.accept(escape(value, c -> (isSpecial(c) ? "\\" : "") + (char) c));
    to.accept(
        escape(
            value,
            c ->
                switch (c) {
                  case '\'' -> "\\'";
                  case '\\' -> "\\\\";
                  case '\n' -> "\\n";
                  case '\r' -> "\\r";
                  case '\t' -> "\\t";
                  case 27 -> "\\E";
                  default -> Character.toString((char) c);
                }));
  }

  private static boolean isSpecial(int c) {
    return c < 0x80 && !isLetterOrDigit(c) && !isOneOf(c, "-_./:=@%+,\n");
  }

  private static boolean isOneOf(int c, String set) {
    return set.indexOf(c) >= 0;
  }

  private static boolean isLetterOrDigit(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }

  /** Replaces each UTF-16 unit. */
  private static String escape(String value, IntFunction<String> unit) {
    StringBuilder text = new StringBuilder(value.length() + 16);
    value.chars().forEach(c -> text.append(unit.apply(c)));
    return text.toString();
  }
}
