package dev.logweir.examples;

import static java.nio.charset.CodingErrorAction.REPORT;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.CharacterCodingException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One call of the API, read while it arrives: the lines of a log go decoded to a stream, so that a
 * request of any size takes the memory of its longest line.
 *
 * <p>What is not such a call at all is a {@link RefusedException}; a value that the API would
 * refuse is a {@link #problem()}. Not thread-safe.
 */
final class ReceivedMutation {
  static final String APPEND = "RunnerAppendJobLog";
  static final String REPORT_OUTCOME = "RunnerReportJobOutcome";

  private static final int MAX_VALUE_CHARS = 1 << 20;
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder().maxStringLength(MAX_VALUE_CHARS).build())
          .build();

  private final Map<String, String> texts = new LinkedHashMap<>();
  private final Map<String, String> variables = new LinkedHashMap<>();
  private final Set<String> inputFields = new LinkedHashSet<>();
  private final OutputStream decoded;
  private @Nullable String query;
  private @Nullable String operation;
  private @Nullable String problem;
  private boolean inputSeen;
  private long lines;
  private long bytes;

  private ReceivedMutation(OutputStream decoded) {
    this.decoded = decoded;
  }

  /** Reads a request to its end; each line of a log goes to {@code decoded} with a line end. */
  static ReceivedMutation read(InputStream body, OutputStream decoded)
      throws IOException, RefusedException {
    ReceivedMutation mutation = new ReceivedMutation(decoded);
    var utf8 = UTF_8.newDecoder().onMalformedInput(REPORT).onUnmappableCharacter(REPORT);
    try (JsonParser json = JSON.createParser(new InputStreamReader(body, utf8))) {
      mutation.readCall(json);
    } catch (JsonProcessingException e) {
      throw new RefusedException(400, "not the JSON expected: " + e.getOriginalMessage());
    } catch (CharacterCodingException e) {
      throw new RefusedException(400, "not UTF-8");
    }
    mutation.checkShape();
    return mutation;
  }

  String operation() {
    return operation == null ? "" : operation;
  }

  /** A text of the input, for instance {@code runnerJobId}; empty if it was not there. */
  String text(String field) {
    return texts.getOrDefault(field, "");
  }

  Map<String, String> variables() {
    return variables;
  }

  long lines() {
    return lines;
  }

  /** Bytes of the lines, each with one more for its end. */
  long bytes() {
    return bytes;
  }

  /** What is wrong with a line or a variable, or null. */
  @Nullable String problem() {
    return problem;
  }

  private void readCall(JsonParser json) throws IOException, RefusedException {
    expect(json.nextToken(), JsonToken.START_OBJECT, "the request");
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String field = json.currentName();
      JsonToken value = json.nextToken();
      switch (field) {
        case "query" -> query = string(json, value, field);
        case "operationName" -> operation = string(json, value, field);
        case "variables" -> readVariables(json, value);
        default -> throw new RefusedException(400, "unknown field of the request: " + field);
      }
    }
    if (json.nextToken() != null) {
      throw new RefusedException(400, "text behind the request");
    }
  }

  private void readVariables(JsonParser json, @Nullable JsonToken value)
      throws IOException, RefusedException {
    expect(value, JsonToken.START_OBJECT, "variables");
    while (json.nextToken() != JsonToken.END_OBJECT) {
      if (!json.currentName().equals("input")) {
        throw new RefusedException(400, "unknown variable: " + json.currentName());
      }
      expect(json.nextToken(), JsonToken.START_OBJECT, "input");
      inputSeen = true;
      readInput(json);
    }
  }

  private void readInput(JsonParser json) throws IOException, RefusedException {
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String field = json.currentName();
      JsonToken value = json.nextToken();
      inputFields.add(field);
      switch (field) {
        case "runnerId", "runnerJobId", "sentAt", "outcome" ->
            texts.put(field, string(json, value, field));
        case "logChunk" -> readLines(json, value);
        case "outcomeVariables" -> readOutcomeVariables(json, value);
        default -> throw new RefusedException(400, "unknown field of the input: " + field);
      }
    }
  }

  private void readLines(JsonParser json, @Nullable JsonToken value)
      throws IOException, RefusedException {
    expect(value, JsonToken.START_ARRAY, "logChunk");
    for (JsonToken item = json.nextToken(); item != JsonToken.END_ARRAY; item = json.nextToken()) {
      String text = string(json, item, "a line of logChunk");
      byte[] line = strictlyDecoded(text);
      if (line == null) {
        note("logChunk: not standard Base64 with padding: line " + lines);
        line = new byte[0];
      } else if (contains(line, '\n')) {
        note("logChunk: a line end within line " + lines);
      }
      lines++;
      bytes += line.length + 1L;
      decoded.write(line);
      decoded.write('\n');
    }
    if (lines == 0) {
      note("logChunk: no line in it");
    }
  }

  private void readOutcomeVariables(JsonParser json, @Nullable JsonToken value)
      throws IOException, RefusedException {
    expect(value, JsonToken.START_ARRAY, "outcomeVariables");
    for (JsonToken item = json.nextToken(); item != JsonToken.END_ARRAY; item = json.nextToken()) {
      expect(item, JsonToken.START_OBJECT, "a variable");
      Map<String, String> pair = new LinkedHashMap<>();
      while (json.nextToken() != JsonToken.END_OBJECT) {
        String field = json.currentName();
        pair.put(field, string(json, json.nextToken(), field));
      }
      String key = pair.remove("key");
      String text = pair.remove("value");
      if (key == null || text == null || !pair.isEmpty()) {
        throw new RefusedException(400, "a variable is a key and a value");
      }
      if (variables.put(key, text) != null) {
        note("outcomeVariables: twice: " + key);
      }
    }
    if (variables.isEmpty()) {
      note("outcomeVariables: to be left out when there are none");
    }
  }

  private void checkShape() throws RefusedException {
    Set<String> allowed;
    Set<String> needed;
    String payload;
    switch (operation()) {
      case APPEND -> {
        needed = Set.of("runnerId", "runnerJobId", "sentAt", "logChunk");
        allowed = needed;
        payload = "runnerAppendJobLog";
      }
      case REPORT_OUTCOME -> {
        needed = Set.of("runnerId", "runnerJobId", "outcome");
        allowed = Set.of("runnerId", "runnerJobId", "outcome", "outcomeVariables");
        payload = "runnerReportJobOutcome";
      }
      default -> throw new RefusedException(400, "unknown operationName: " + operation());
    }
    String expected =
        "mutation "
            + operation()
            + "($input:"
            + operation()
            + "Input!){"
            + payload
            + "(input: $input){errors{message,path}}}";
    if (!expected.equals(query)) {
      throw new RefusedException(400, "unexpected query: " + query);
    }
    if (!inputSeen) {
      throw new RefusedException(400, "no variable input");
    }
    if (!inputFields.containsAll(needed) || !allowed.containsAll(inputFields)) {
      throw new RefusedException(400, "wrong fields of the input: " + inputFields);
    }
  }

  private void note(String text) {
    if (problem == null) {
      problem = text;
    }
  }

  /** Null if it is not what the standard encoder makes: no padding, spaces, left-over bits. */
  private static byte @Nullable [] strictlyDecoded(String text) {
    try {
      byte[] line = Base64.getDecoder().decode(text);
      return Base64.getEncoder().encodeToString(line).equals(text) ? line : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static boolean contains(byte[] line, char wanted) {
    for (byte b : line) {
      if (b == wanted) {
        return true;
      }
    }
    return false;
  }

  private static String string(JsonParser json, @Nullable JsonToken token, String what)
      throws IOException, RefusedException {
    expect(token, JsonToken.VALUE_STRING, what);
    return json.getText();
  }

  private static void expect(@Nullable JsonToken token, JsonToken wanted, String what)
      throws RefusedException {
    if (token != wanted) {
      throw new RefusedException(400, what + " is " + token + ", not " + wanted);
    }
  }
}
