package dev.logweir.faktory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** A job as the receiving application gets it. */
record ReceivedJob(Map<String, Object> fields) {
  String jid() {
    return (String) fields.get("jid");
  }

  String type() {
    return (String) fields.get("jobtype");
  }

  /** The one argument. */
  @SuppressWarnings("unchecked")
  Map<String, Object> input() {
    List<?> args = (List<?>) fields.get("args");
    assertThat(args).hasSize(1);
    return (Map<String, Object>) args.get(0);
  }

  List<byte[]> lines() {
    List<byte[]> lines = new ArrayList<>();
    for (Object line : (List<?>) input().get("logChunk")) {
      assertThat(((String) line).length() % 4).isZero();
      lines.add(Base64.getDecoder().decode((String) line));
    }
    return lines;
  }
}
