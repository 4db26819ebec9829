package dev.logweir.sender;

import dev.logweir.JobOutcome;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * A job's outcome as fields of a JSON object: {@code "outcome"} and, unless there are none, {@code
 * "outcomeVariables"}, an array of objects with {@code "key"} and {@code "value"}. Immutable.
 */
public final class OutcomeJson {
  private final String fields;

  /**
   * Copies the outcome.
   *
   * @throws NullPointerException if an argument, a key or a value is null
   */
  public OutcomeJson(JobOutcome outcome, Map<String, String> variables) {
    StringBuilder json = new StringBuilder(256);
    json.append("\"outcome\":");
    quote(Objects.requireNonNull(outcome, "outcome").value(), json);
    String between = ",\"outcomeVariables\":[";
    for (Map.Entry<String, String> variable : new LinkedHashMap<>(variables).entrySet()) {
      json.append(between).append("{\"key\":");
      quote(Objects.requireNonNull(variable.getKey(), "key"), json);
      json.append(",\"value\":");
      quote(Objects.requireNonNull(variable.getValue(), "value"), json);
      json.append('}');
      between = ",";
    }
    fields = json.append(between.equals(",") ? "]" : "").toString();
  }

  /** Returns the fields, without braces around them. */
  public String fields() {
    return fields;
  }

  /** Returns a text as a string of JSON, with its quotes; half of a surrogate pair is U+FFFD. */
  public static String quote(String text) {
    StringBuilder json = new StringBuilder(text.length() + 2);
    quote(text, json);
    return json.toString();
  }

  private static void quote(String text, StringBuilder json) {
    json.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c < ' ' || c == '\u2028' || c == '\u2029') {
        json.append("\\u%04x".formatted((int) c));
      } else if (i + 1 < text.length() && Character.isSurrogatePair(c, text.charAt(i + 1))) {
        json.append(c).append(text.charAt(++i));
      } else {
        json.append(Character.isSurrogate(c) ? '\ufffd' : c);
      }
    }
    json.append('"');
  }

  @Override
  public String toString() {
    return "OutcomeJson[" + fields.length() + " characters]";
  }
}
