package dev.logweir.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** More lines in a few seconds than it holds. */
class SeenLinesTest {
  private static final int MANY = 2 * SeenLines.MAX_LINES + 100;

  private final SeenLines seen = new SeenLines();

  private boolean comes(int line) {
    return seen.isNew(1_000 + line / 3_000, line % 3_000, line);
  }

  private void come(int from, int to, boolean isNew) {
    for (int i = from; i < to; i++) {
      assertThat(comes(i)).as("line %s", i).isEqualTo(isNew);
    }
  }

  @Test
  void linesBeforeThoseHeld_areKnownByTheirNumber() {
    come(0, MANY, true);
    seen.resume();
    come(0, MANY, false);
    assertThat(seen.isCaughtUp()).isTrue();
    come(MANY, MANY + 10, true);
    assertThat(seen.takeLost()).isFalse();
  }

  @Test
  void whatIsLeftOfThem_isFoundBehindARotation() {
    come(0, MANY, true);
    for (int left = 1; left < MANY; left += 997) {
      seen.resume();
      come(MANY - left, MANY, false);
      assertThat(seen.isCaughtUp()).as("with %s left", left).isTrue();
      assertThat(seen.takeLost()).isFalse();
    }
  }

  @Test
  void laterLines_areNewAlsoIfAllBeforeAreGone() {
    come(0, MANY, true);
    seen.resume();
    assertThat(seen.isCaughtUp()).isFalse();
    come(MANY + 1, MANY + 50, true);
    assertThat(seen.takeLost()).isTrue();
    assertThat(seen.takeLost()).isFalse();
  }
}
