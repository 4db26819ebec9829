package dev.logweir.testkit;

import java.util.AbstractList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Lines that notice a read after their call has ended. */
final class WatchedLines extends AbstractList<String> {
  final AtomicBoolean over = new AtomicBoolean();
  final AtomicReference<@Nullable Throwable> late = new AtomicReference<>();
  private final List<String> lines;

  WatchedLines(List<String> lines) {
    this.lines = lines;
  }

  @Override
  public String get(int index) {
    watch();
    return lines.get(index);
  }

  @Override
  public int size() {
    watch();
    return lines.size();
  }

  private void watch() {
    if (over.get()) {
      late.compareAndSet(null, new Throwable("read by " + Thread.currentThread().getName()));
    }
  }
}
