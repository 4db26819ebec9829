package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Base64;

/** The ids under which OpsLevel knows runners and jobs: unpadded URL-safe Base64 of a global id. */
final class Ids {
  private Ids() {}

  static String runner(long number) {
    return encode("Runners::Runner", number);
  }

  static String job(long number) {
    return encode("Runners::JobRun", number);
  }

  private static String encode(String type, long number) {
    byte[] text = ("gid://opslevel/" + type + "/" + number).getBytes(UTF_8);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(text);
  }
}
