package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The queue of timers beside a list that is sorted whenever somebody asks. */
class TimerQueueProperties {
  private static final int TIMERS = 12;

  /** What is done to which timer: set for a moment, taken out, or the first one taken. */
  private record Action(int kind, int timer, long due) {}

  private static final class Named extends EngineTimer {
    private long moment;
    private int number;

    @Override
    public void run() {}
  }

  @Provide
  Arbitrary<List<Action>> actions() {
    Arbitrary<Long> due =
        Arbitraries.oneOf(
            Arbitraries.longs().between(-3, 3), Arbitraries.of(Long.MAX_VALUE, Long.MIN_VALUE));
    return Combinators.combine(
            Arbitraries.integers().between(0, 4),
            Arbitraries.integers().between(0, TIMERS - 1),
            due.map(moment -> Long.MAX_VALUE / 2 + moment / 4))
        .as(Action::new)
        .list()
        .ofMaxSize(80);
  }

  @Property
  void queue_isAsASortedList(@ForAll("actions") List<Action> actions) {
    List<Named> timers = new ArrayList<>();
    for (int i = 0; i < TIMERS; i++) {
      timers.add(new Named());
    }
    TimerQueue queue = new TimerQueue();
    List<Named> model = new ArrayList<>();
    int order = 0;
    for (Action action : actions) {
      Named timer = timers.get(action.timer);
      if (action.kind == 3 || (action.kind == 4 && queue.first() == null)) {
        queue.remove(timer);
        model.remove(timer);
      } else if (action.kind == 4) {
        queue.remove(queue.first());
        model.remove(first(model));
      } else {
        queue.set(timer, action.due);
        model.remove(timer);
        timer.moment = action.due;
        timer.number = order++;
        model.add(timer);
      }
      assertThat(queue.first()).isSameAs(first(model));
      assertThat(timers).allMatch(one -> TimerQueue.isSet(one) == model.contains(one));
    }
    while (!model.isEmpty()) {
      EngineTimer next = queue.first();
      assertThat(next).isSameAs(first(model));
      queue.remove(next);
      model.remove(next);
      assertThat(next.child).isNull();
      assertThat(next.next).isNull();
    }
    assertThat(queue.first()).isNull();
  }

  private static Named first(List<Named> model) {
    return model.stream()
        .min(
            Comparator.<Named>comparingLong(timer -> timer.moment)
                .thenComparingInt(timer -> timer.number))
        .orElse(null);
  }
}
