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
  }

  synchronized List<String> lines() {
    return List.copyOf(lines);
  }
}
