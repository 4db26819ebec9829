package dev.logweir.kubernetes;

import dev.logweir.BatchSender;
import java.util.ArrayList;
import java.util.List;

/** A sender that keeps what it gets. */
final class Collected implements BatchSender {
  private final List<String> lines = new ArrayList<>();

  @Override
  public synchronized void send(List<String> batch) {
    lines.addAll(List.copyOf(batch));
    notifyAll();
  }

  /** Waits until so many lines came. */
  synchronized void await(int count) throws InterruptedException {
    while (lines.size() < count) {
      wait();
    }
  }

  synchronized List<String> lines() {
    return List.copyOf(lines);
  }
}
