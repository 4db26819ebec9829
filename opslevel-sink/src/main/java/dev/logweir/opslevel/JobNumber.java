package dev.logweir.opslevel;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A job as messages name it: by the number in an id such as the Base64 of {@code
 * gid://opslevel/Runners::JobRun/225}, else by the id.
 */
final class JobNumber {
  private static final Pattern GLOBAL_ID = Pattern.compile("gid://opslevel/Runners::JobRun/(\\d+)");

  private final String text;

  JobNumber(String jobId) {
    text = decode(jobId);
  }

  private static String decode(String jobId) {
    try {
      Matcher id = GLOBAL_ID.matcher(new String(Base64.getUrlDecoder().decode(jobId), ISO_8859_1));
      return id.matches() ? id.group(1) : jobId;
    } catch (IllegalArgumentException notBase64) {
      return jobId;
    }
  }

  @Override
  public String toString() {
    return text;
  }
}
