package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.logweir.LockOrder.Level;
import org.junit.jupiter.api.Test;

class LockOrderTest {
  private final LockOrder order = new LockOrder();

  @Test
  void locks_areTakenOutermostFirst() {
    for (Level level : Level.values()) {
      assertThat(order.mayTake(level, false)).isTrue();
      order.taken(level);
    }
  }

  @Test
  void earlierLevel_isNotTaken() {
    order.taken(Level.JOB);

    assertThatExceptionOfType(AssertionError.class)
        .isThrownBy(() -> order.mayTake(Level.SINK, false))
        .withMessageContaining("SINK under JOB");
  }

  @Test
  void sameLevel_isTakenWhereItHasSeveral() {
    order.taken(Level.SINK);
    assertThat(order.mayTake(Level.SINK, false)).isTrue();
    order.taken(Level.JOB);
    assertThat(order.mayTake(Level.JOB, true)).isTrue();

    assertThatExceptionOfType(AssertionError.class)
        .isThrownBy(() -> order.mayTake(Level.JOB, false));
  }

  @Test
  void givenBack_isHeldNoMore() {
    order.taken(Level.LEAF);
    order.taken(Level.LEAF);
    order.givenBack(Level.LEAF);

    assertThatExceptionOfType(AssertionError.class).isThrownBy(order::isFree);

    LockOrder another = new LockOrder();
    another.taken(Level.LEAF);
    another.givenBack(Level.LEAF);
    assertThat(another.isFree()).isTrue();
    assertThat(another.mayTake(Level.CLOSING, false)).isTrue();
  }

  @Test
  void foreignCode_runsUnderNoLock() {
    order.taken(Level.CALLER);

    assertThatExceptionOfType(AssertionError.class)
        .isThrownBy(order::isFree)
        .withMessageContaining("foreign code under CALLER");
  }

  @Test
  void broken_staysSoForAll() throws InterruptedException {
    Thread thread =
        new Thread(
            () -> {
              order.taken(Level.TIME);
              try {
                order.isFree();
              } catch (AssertionError ignored) {
                // As a thread does that goes on after whatever is thrown on it.
              }
            });
    thread.start();
    thread.join();

    assertThatExceptionOfType(AssertionError.class)
        .isThrownBy(() -> order.mayTake(Level.CLOSING, false))
        .withMessageContaining("broken before");
  }

  @Test
  void everyLock_isChecked() {
    MemoryLock lock = new MemoryLock(Level.LEAF);

    lock.lock();
    try {
      assertThat(LockOrder.CHECK.holds(Level.LEAF)).isTrue();
    } finally {
      lock.unlock();
    }
    assertThat(LockOrder.CHECK.holds(Level.LEAF)).isFalse();

    assertThat(lock.tryLock()).isTrue();
    try {
      assertThat(LockOrder.CHECK.holds(Level.LEAF)).isTrue();
    } finally {
      lock.unlock();
    }
    assertThat(LockOrder.CHECK.isFree()).isTrue();
  }
}
