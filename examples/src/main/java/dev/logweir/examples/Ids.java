package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The ids under which OpsLevel knows runners and jobs: unpadded URL-safe Base64 of a global id. */
final class Ids {
  private static final Pattern JOB = Pattern.compile("gid://opslevel/Runners::JobRun/(\\d+)");

  private Ids() {}

  static String runner(long number) {
    return encode("Runners::Runner", number);
  }

  static String job(long number) {
    return encode("Runners::JobRun", number);
  }

  /** Returns the number of a job, or an id that has none as it is. */
  static String numberOf(String jobId) {
    try {
      String text = new String(Base64.getUrlDecoder().decode(jobId), UTF_8);
      Matcher id = JOB.matcher(text);
      return id.matches() ? id.group(1) : jobId;
    } catch (IllegalArgumentException notBase64) {
      return jobId;
    }
  }

  private static String encode(String type, long number) {
    byte[] text = ("gid://opslevel/" + type + "/" + number).getBytes(UTF_8);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(text);
  }
}
