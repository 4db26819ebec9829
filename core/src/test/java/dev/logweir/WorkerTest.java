package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WorkerTest {
  private final List<String> ran = new ArrayList<>();
  private int asked;

  private Work work(String name) {
    return new Work() {
      @Override
      void run() {
        ran.add(name);
      }
    };
  }

  @Test
  void wantOfMemory_endsNoWorker() {
    Work first = work("first");
    Work second = work("second");
    Worker worker =
        new Worker(
            asking ->
                switch (++asked) {
                  case 1 -> first;
                  case 2, 3 -> throw new OutOfMemoryError("none for the thread's own needs");
                  case 4 -> second;
                  default -> null;
                },
            0);

    worker.run();

    assertThat(ran).containsExactly("first", "second");
  }
}
