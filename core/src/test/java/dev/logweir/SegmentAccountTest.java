package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What a place gets when it asks for segments, and why it gets none. */
class SegmentAccountTest {
  private static final int NOMINAL = Segment.SMALL;

  private final MemoryBudget budget = MemoryBudget.of(64 << 10);
  private final SegmentRow row = new SegmentRow() {};

  /** How many segments the heap has left. */
  private int left = 100;

  private final SegmentPool pool = new SegmentPool(NOMINAL, 64, this::segment);
  private final SegmentAccount account = new SegmentAccount(pool, budget);

  private Segment segment(int nominal) {
    if (left == 0) {
      throw new OutOfMemoryError("of the test");
    }
    left--;
    return new Segment(nominal);
  }

  private void spendBudgetTo(int segments) {
    long left = budget.limitBytes() - budget.usedBytes();
    assertThat(budget.take(left - (long) segments * NOMINAL)).isTrue();
  }

  @Test
  void take_addsTheSegmentsToTheRow() {
    assertThat(account.take(3, row)).isEqualTo(Room.THERE);
    assertThat(row.count).isEqualTo(3);
    assertThat(account.held()).isEqualTo(3);
    assertThat(budget.usedBytes()).as("the first is out of the reserve").isEqualTo(2L * NOMINAL);
  }

  @Test
  void take_addsNoneIfTheBudgetHasNotAll() {
    spendBudgetTo(1);
    assertThat(account.take(3, row)).isEqualTo(Room.NO_SEGMENT);
    assertThat(row.count).isZero();
    assertThat(account.held()).isZero();
    assertThat(account.take(2, row)).isEqualTo(Room.THERE);
  }

  @Test
  void take_addsNoneIfTheHeapHasNotAll() {
    left = 2;
    assertThat(account.take(3, row)).isEqualTo(Room.NO_MEMORY);
    assertThat(row.count).isZero();
    assertThat(account.held()).isZero();
    assertThat(budget.usedBytes()).isZero();
    assertThat(account.take(2, row)).as("those that it had got").isEqualTo(Room.THERE);
  }

  @Test
  void take_saysWhyEachTime() {
    assertThat(account.take(1, row)).isEqualTo(Room.THERE);
    left = 0;
    assertThat(account.take(1, row)).isEqualTo(Room.NO_MEMORY);
    spendBudgetTo(0);
    assertThat(account.take(1, row)).as("the budget is asked first").isEqualTo(Room.NO_SEGMENT);
  }

  @Test
  void take_addsNoneOnceTheAccountIsClosed() {
    account.close();
    assertThat(account.take(1, row)).isEqualTo(Room.NO_SEGMENT);
    assertThat(row.count).isZero();
  }
}
