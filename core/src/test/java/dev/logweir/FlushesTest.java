package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FlushesTest {
  private final Flushes flushes = new Flushes();

  private static boolean isOver(Flush flush) {
    return flush.over.getCount() == 0;
  }

  @Test
  void flush_isOverWhenItsLastBatchHasGone() {
    Flush one = flushes.add(3);
    Flush other = flushes.add(4);
    flushes.gone(3);
    assertThat(isOver(one)).isFalse();
    flushes.gone(4);
    assertThat(isOver(one)).isTrue();
    assertThat(isOver(other)).isFalse();
    flushes.gone(Long.MAX_VALUE);
    assertThat(isOver(other)).isTrue();
    assertThat(one.isSent() && other.isSent()).isTrue();
  }

  @Test
  void batchThatIsLost_isThatOfThoseWhoWaitForIt() {
    Flush before = flushes.add(2);
    Flush with = flushes.add(3);
    flushes.lost(3);
    assertThat(before.isSent()).isTrue();
    assertThat(with.isSent()).isFalse();
  }

  @Test
  void include_tellsOfTheLastFlushThatThereWas() {
    assertThat(flushes.include(1)).isFalse();
    Flush flush = flushes.add(3);
    assertThat(flushes.include(3)).isTrue();
    assertThat(flushes.include(4)).isFalse();
    flushes.remove(flush);
    assertThat(flushes.include(3)).as("it goes all the same").isTrue();
  }

  @Test
  void flushThatIsRemoved_isToldNothing() {
    Flush flush = flushes.add(3);
    flushes.remove(flush);
    flushes.remove(flush);
    flushes.gone(Long.MAX_VALUE);
    assertThat(isOver(flush)).isFalse();
  }
}
