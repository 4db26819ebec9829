package dev.logweir.opslevel;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import dev.logweir.ForeignText;
import dev.logweir.sender.ServerWords;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.regex.Pattern;

/** The errors in an answer of the API, read as a stream; of their texts the beginning is kept. */
final class Answer {
  /** Bytes of an answer that are read at most. */
  static final int MAX_BYTES = 64 * 1024;

  /** A shorter id may be in a text by chance, such as a line's number. */
  private static final int LEAST_ID_CHARS = 8;

  private static final String WHAT =
      "\\b(payload|request|body|entity|content|log ?chunk)(?!\\W+header)";

  /**
   * Servers and proxies that do not say 413 say it in words. They must name what is too large: of a
   * query that took too long, or a key that is too long, halves are no better.
   */
  private static final Pattern SIZE_COMPLAINT =
      Pattern.compile(
          WHAT
              + "(\\W+\\w+){0,3}?\\W+too\\W+(large|big)\\b"
              + "|too\\W+(large|big)(\\W+\\w+){0,2}?\\W+"
              + WHAT
              + "|"
              + WHAT
              + "(\\W+\\w+){0,3}?\\W+exceed\\w*(\\W+\\w+){0,4}?\\W+size\\b"
              + "|"
              + WHAT
              + "\\W+size\\b"
              + "|\\bsize\\W+of\\W+(the\\W+)?"
              + WHAT,
          Pattern.CASE_INSENSITIVE);

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.USE_THREAD_LOCAL_FOR_BUFFER_RECYCLING)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(100)
                  .maxStringLength(16 * 1024)
                  .build())
          .build();

  private final Mutation mutation;
  private final String jobId;
  private final Pattern job;
  private final String token;
  private final StringBuilder text = new StringBuilder();
  private boolean hasPayload;
  private boolean queryErrors;
  private boolean payloadErrors;
  private boolean namesJob;

  private Answer(Mutation mutation, String jobId, String token) {
    this.mutation = mutation;
    this.jobId = jobId;
    job = Pattern.compile("(?<!\\w)" + Pattern.quote(jobId) + "(?!\\w)");
    this.token = token;
  }

  /**
   * Reads an answer to its end and returns if it has no error.
   *
   * @param token masked in what the server says
   * @throws ApiException if it has one, or is no answer
   * @throws IOException if it cannot be read
   */
  static void check(InputStream in, Mutation mutation, String jobId, String token)
      throws ApiException, IOException {
    Answer answer = new Answer(mutation, jobId, token);
    try (JsonParser json = JSON.createParser(in)) {
      answer.read(json);
    } catch (StreamConstraintsException e) {
      throw malformed(e.getOriginalMessage());
    } catch (BoundedInput.TooLongException e) {
      throw malformed("over 64 KiB");
    } catch (JsonProcessingException e) {
      throw malformed("no JSON");
    }
    if ((answer.payloadErrors || answer.queryErrors) && complainsOfSize(answer.text)) {
      throw new ApiException(
          ApiResult.TOO_LARGE, "the request is too large for the server: " + answer.text, null);
    }
    if (answer.payloadErrors) {
      throw ApiException.ofPayload(answer.text.toString(), answer.namesJob);
    }
    if (answer.queryErrors) {
      throw new ApiException(
          ApiResult.QUERY_ERRORS, "the server could not answer: " + answer.text, null);
    }
    if (!answer.hasPayload) {
      throw malformed("no " + mutation.field());
    }
  }

  /** Whether what a server says is that the request is too large. */
  static boolean complainsOfSize(CharSequence text) {
    return SIZE_COMPLAINT.matcher(text).find();
  }

  static ApiException malformed(String what) {
    return new ApiException(ApiResult.MALFORMED, "the answer is not one of the API: " + what, null);
  }

  private void read(JsonParser json) throws IOException, ApiException {
    expect(json.nextToken(), JsonToken.START_OBJECT);
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String name = json.currentName();
      json.nextToken();
      if (name.equals("errors")) {
        queryErrors = readErrors(json);
      } else if (name.equals("data")) {
        readData(json);
      } else {
        json.skipChildren();
      }
    }
    expect(json.currentToken(), JsonToken.END_OBJECT);
    if (json.nextToken() != null) {
      throw malformed("more after its end");
    }
  }

  private void readData(JsonParser json) throws IOException, ApiException {
    if (json.currentToken() == JsonToken.VALUE_NULL) {
      return;
    }
    expect(json.currentToken(), JsonToken.START_OBJECT);
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      boolean payload = json.currentName().equals(mutation.field());
      json.nextToken();
      if (payload && json.currentToken() != JsonToken.VALUE_NULL) {
        readPayload(json);
      } else {
        json.skipChildren();
      }
    }
  }

  private void readPayload(JsonParser json) throws IOException, ApiException {
    expect(json.currentToken(), JsonToken.START_OBJECT);
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      boolean errors = json.currentName().equals("errors");
      json.nextToken();
      if (errors) {
        hasPayload = true;
        payloadErrors = readErrors(json);
      } else {
        json.skipChildren();
      }
    }
  }

  private boolean readErrors(JsonParser json) throws IOException, ApiException {
    if (json.currentToken() == JsonToken.VALUE_NULL) {
      return false;
    }
    expect(json.currentToken(), JsonToken.START_ARRAY);
    boolean any = false;
    while (json.nextToken() != JsonToken.END_ARRAY) {
      any = true;
      if (json.currentToken() == JsonToken.START_OBJECT) {
        readError(json);
      } else {
        json.skipChildren();
      }
    }
    return any;
  }

  private void readError(JsonParser json) throws IOException {
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String name = json.currentName();
      json.nextToken();
      if (name.equals("message") && json.currentToken() == JsonToken.VALUE_STRING) {
        add(json.getText());
      } else if (name.equals("path") && json.currentToken() == JsonToken.START_ARRAY) {
        while (json.nextToken() != JsonToken.END_ARRAY) {
          namesJob |= "runnerJobId".equals(json.getValueAsString());
          json.skipChildren();
        }
      } else {
        json.skipChildren();
      }
    }
  }

  private void add(String said) {
    namesJob |= jobId.length() >= LEAST_ID_CHARS && job.matcher(said).find();
    String message = ServerWords.masked(said, token, false);
    if (text.length() > 0) {
      text.append("; ");
    }
    for (int i = 0; i < message.length() && text.length() < ForeignText.MAX_CHARS; i++) {
      char c = message.charAt(i);
      text.append(Character.isISOControl(c) ? ' ' : c);
    }
  }

  private static void expect(JsonToken token, JsonToken expected) throws ApiException {
    if (token != expected) {
      throw malformed("no " + expected.name().toLowerCase(Locale.ROOT));
    }
  }
}
