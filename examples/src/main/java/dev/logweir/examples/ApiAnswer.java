package dev.logweir.examples;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** An answer of the embedded endpoint. */
record ApiAnswer(int status, String body) {
  private static final JsonFactory JSON = new JsonFactory();

  static ApiAnswer payload(String operation, @Nullable String problem) {
    String field = Character.toLowerCase(operation.charAt(0)) + operation.substring(1);
    String body =
        json(
            out -> {
              out.writeStartObject();
              out.writeObjectFieldStart("data");
              out.writeObjectFieldStart(field);
              out.writeArrayFieldStart("errors");
              if (problem != null) {
                out.writeStartObject();
                out.writeStringField("message", problem);
                out.writeArrayFieldStart("path");
                out.writeString(problem.substring(0, problem.indexOf(':')));
                out.writeEndArray();
                out.writeEndObject();
              }
              out.writeEndArray();
              out.writeEndObject();
              out.writeEndObject();
              out.writeEndObject();
            });
    return new ApiAnswer(200, body);
  }

  static ApiAnswer failure(int status, String message) {
    String body =
        json(
            out -> {
              out.writeStartObject();
              out.writeArrayFieldStart("errors");
              out.writeStartObject();
              out.writeStringField("message", message);
              out.writeEndObject();
              out.writeEndArray();
              out.writeEndObject();
            });
    return new ApiAnswer(status, body);
  }

  interface JsonText {
    void writeTo(JsonGenerator out) throws IOException;
  }

  static String json(JsonText text) {
    StringWriter chars = new StringWriter();
    try (JsonGenerator out = JSON.createGenerator(chars)) {
      text.writeTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return chars.toString();
  }
}
