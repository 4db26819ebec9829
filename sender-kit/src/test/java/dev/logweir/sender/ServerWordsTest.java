package dev.logweir.sender;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ServerWordsTest {
  @Test
  void masked_findsTheTokenAlsoWhereItIsEscapedOrCut() {
    assertThat(ServerWords.masked("a s\"t\\x b s\\\"t\\\\x", "s\"t\\x", false))
        .isEqualTo("a ********** b **********");
    assertThat(ServerWords.masked("no secret-tok", "secret-token", true))
        .isEqualTo("no **********");
    assertThat(ServerWords.masked("no s", "secret-token", true)).isEqualTo("no **********");
    assertThat(ServerWords.masked("no s", "secret-token", false)).isEqualTo("no s");
    assertThat(ServerWords.masked("no s", "", true)).isEqualTo("no s");
  }

  @Test
  void page_isToldByItsMarkup() {
    assertThat(ServerWords.isPage("\n<!DOCTYPE html>")).isTrue();
    assertThat(ServerWords.isPage("{\"a\":\"<b>\"}")).isFalse();
  }
}
