package dev.logweir.faktory;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Faktory's proof that a client knows the password. */
final class PasswordHash {
  private PasswordHash() {}

  /**
   * Returns the lower-case hex of SHA-256, applied so many times: first to password and salt, then
   * to the raw digest.
   */
  static String of(String password, String salt, int iterations) {
    MessageDigest sha256;
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has it", e);
    }
    byte[] hash = sha256.digest((password + salt).getBytes(UTF_8));
    for (int i = 1; i < iterations; i++) {
      hash = sha256.digest(hash);
    }
    return HexFormat.of().formatHex(hash);
  }
}
