package dev.logweir.faktory;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PasswordHashTest {
  /** Values of the reference client's own test, and of SHA-256 by hand. */
  @Test
  void hash_isThatOfOtherClients() {
    assertThat(PasswordHash.of("foobar", "55104dc76695721d", 1545))
        .isEqualTo("6d877f8e5544b1f2598768f817413ab8a357afffa924dedae99eb91472d4ec30");
    assertThat(PasswordHash.of("abc", "", 1))
        .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  }
}
