package dev.logweir.testkit;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON, for a test that checks what a sender has sent. Stricter than most readers: one value,
 * of well-formed UTF-8, no name twice in an object.
 *
 * <p>An object is a {@code Map} in the order of the text, an array a {@code List}, a string a
 * {@code String}, a whole number a {@code Long}, another number a {@code Double}; {@code true},
 * {@code false} and {@code null} are themselves. Thread-safe.
 */
public final class Json {
  private static final int MAX_DEPTH = 100;

  private final String text;
  private int at;
  private int depth;

  private Json(String text) {
    this.text = text;
  }

  /**
   * Returns the value of a text.
   *
   * @throws NullPointerException if it is null
   * @throws IllegalArgumentException if it is not JSON; says where
   */
  public static @Nullable Object parse(byte[] utf8) {
    Objects.requireNonNull(utf8, "utf8");
    try {
      return parse(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString());
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("not JSON: no well-formed UTF-8", e);
    }
  }

  /**
   * Returns the value of a text.
   *
   * @throws NullPointerException if it is null
   * @throws IllegalArgumentException if it is not JSON; says where
   */
  public static @Nullable Object parse(String text) {
    Json json = new Json(Objects.requireNonNull(text, "text"));
    Object value = json.value();
    json.require(json.peek() < 0, "the end");
    return value;
  }

  /**
   * Returns the members of an object.
   *
   * @throws NullPointerException if it is null
   * @throws IllegalArgumentException if it is not JSON, or another value than an object
   */
  @SuppressWarnings("unchecked") // the names of a parsed object are strings
  public static Map<String, @Nullable Object> object(byte[] utf8) {
    if (parse(utf8) instanceof Map<?, ?> object) {
      return (Map<String, @Nullable Object>) object;
    }
    throw new IllegalArgumentException("not an object");
  }

  private @Nullable Object value() {
    return switch (peek()) {
      case '{' -> object();
      case '[' -> array();
      case '"' -> string();
      case 't' -> word("true", true);
      case 'f' -> word("false", false);
      case 'n' -> word("null", null);
      default -> number();
    };
  }

  private Map<String, @Nullable Object> object() {
    Map<String, @Nullable Object> members = new LinkedHashMap<>();
    for (boolean more = begins('}'); more; more = goesOn('}')) {
      require(peek() == '"', "a name");
      String name = string();
      take(':');
      Object value = value();
      require(!members.containsKey(name), "a name that is new");
      members.put(name, value);
    }
    return members;
  }

  private List<@Nullable Object> array() {
    List<@Nullable Object> elements = new ArrayList<>();
    for (boolean more = begins(']'); more; more = goesOn(']')) {
      elements.add(value());
    }
    return elements;
  }

  /** Takes the bracket that opens; returns whether there is something in it. */
  private boolean begins(char end) {
    at++;
    require(++depth <= MAX_DEPTH, "fewer brackets within each other");
    return peek() != end || !ends();
  }

  /** Takes a comma, or the bracket that closes; returns whether more follows. */
  private boolean goesOn(char end) {
    if (peek() == end) {
      return !ends();
    }
    take(',');
    return true;
  }

  private boolean ends() {
    at++;
    depth--;
    return true;
  }

  private String string() {
    StringBuilder value = new StringBuilder();
    for (at++; at < text.length() && text.charAt(at) != '"'; at++) {
      char c = text.charAt(at);
      require(c >= ' ', "no control character");
      value.append(c == '\\' ? escape() : c);
    }
    require(at < text.length(), "the end of a string");
    at++;
    return value.toString();
  }

  /** Leaves the last character of the escape to be taken. */
  private char escape() {
    at++;
    char c = at < text.length() ? text.charAt(at) : ' ';
    if (c == 'u') {
      String digits = text.substring(at + 1, Math.min(at + 5, text.length()));
      require(digits.matches("[0-9A-Fa-f]{4}"), "four digits");
      at += 4;
      return (char) Integer.parseInt(digits, 16);
    }
    int index = "\"\\/bfnrt".indexOf(c);
    require(index >= 0, "an escape");
    return "\"\\/\b\f\n\r\t".charAt(index);
  }

  private @Nullable Object word(String word, @Nullable Object value) {
    require(text.startsWith(word, at), word);
    at += word.length();
    return value;
  }

  private Number number() {
    int begin = at;
    while (at < text.length() && "+-.0123456789eE".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    String number = text.substring(begin, at);
    if (!number.matches("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?")) {
      at = begin;
      require(false, "a value");
    }
    return number.matches("-?[0-9]{1,18}")
        ? (Number) Long.valueOf(number)
        : (Number) new BigDecimal(number).doubleValue();
  }

  private void take(char c) {
    require(peek() == c, "'" + c + "'");
    at++;
  }

  /** Returns the next character that is no white space; less than 0 at the end. */
  private int peek() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    return at < text.length() ? text.charAt(at) : -1;
  }

  private void require(boolean found, String expected) {
    if (!found) {
      throw new IllegalArgumentException("not JSON: expected " + expected + " at " + at);
    }
  }
}
