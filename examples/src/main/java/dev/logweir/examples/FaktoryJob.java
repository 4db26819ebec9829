package dev.logweir.examples;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A job taken out of Faktory, as far as it is about a log.
 *
 * @param outcome empty in a log job
 * @param lines the bytes of each line; empty in an outcome job
 */
record FaktoryJob(String jid, String type, String runnerJobId, String outcome, List<byte[]> lines) {
  private static final JsonFactory JSON = new JsonFactory();

  static FaktoryJob parse(byte[] text) throws IOException {
    String jid = "";
    String type = "";
    String runnerJobId = "";
    String outcome = "";
    List<byte[]> lines = new ArrayList<>();
    try (JsonParser json = JSON.createParser(text)) {
      for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
        if (token != JsonToken.FIELD_NAME) {
          continue;
        }
        String name = json.currentName();
        json.nextToken();
        switch (name) {
          case "jid" -> jid = json.getText();
          case "jobtype" -> type = json.getText();
          case "runnerJobId" -> runnerJobId = json.getText();
          case "outcome" -> outcome = json.getText();
          case "logChunk" -> {
            while (json.nextToken() != JsonToken.END_ARRAY) {
              lines.add(json.getBinaryValue());
            }
          }
          case "outcomeVariables", "custom", "failure" -> json.skipChildren();
          default -> {
            // args leads to its one object; the rest does not matter here
          }
        }
      }
    }
    return new FaktoryJob(jid, type, runnerJobId, outcome, lines);
  }
}
