package dev.logweir;

import org.jspecify.annotations.Nullable;

/**
 * The timers that are set, the next one first. It needs no memory of its own. Not thread-safe.
 *
 * <p>A pairing heap: each timer is due no later than its children. Adding takes a step; removing
 * takes about as many as the logarithm of their number, over several removals.
 */
final class TimerQueue {
  private @Nullable EngineTimer first;
  private int orders;

  @Nullable EngineTimer first() {
    return first;
  }

  /** Adds a timer for a moment, which may be in the past; moves one that is in it. */
  void set(EngineTimer timer, long dueNanos) {
    remove(timer);
    timer.dueNanos = dueNanos;
    timer.order = orders++;
    setFirst(first == null ? timer : meld(first, timer));
  }

  /** Takes a timer out, if it is in it. */
  void remove(EngineTimer timer) {
    EngineTimer previous = timer.previous;
    if (previous == null) {
      return;
    }
    EngineTimer below = meldAll(timer.child);
    if (previous == timer) {
      setFirst(below);
    } else {
      cut(timer, previous);
      if (below != null) {
        setFirst(first == null ? below : meld(first, below));
      }
    }
    timer.child = null;
    timer.next = null;
    timer.previous = null;
  }

  static boolean isSet(EngineTimer timer) {
    return timer.previous != null;
  }

  private static void cut(EngineTimer timer, EngineTimer previous) {
    EngineTimer next = timer.next;
    if (previous.child == timer) {
      previous.child = next;
    } else {
      previous.next = next;
    }
    if (next != null) {
      next.previous = previous;
    }
  }

  private void setFirst(@Nullable EngineTimer timer) {
    first = timer;
    if (timer != null) {
      timer.previous = timer;
    }
  }

  /** Makes the later of two timers without siblings a child of the other, which is returned. */
  private static EngineTimer meld(EngineTimer one, EngineTimer other) {
    boolean swaps = isBefore(other, one);
    EngineTimer parent = swaps ? other : one;
    EngineTimer child = swaps ? one : other;
    EngineTimer sibling = parent.child;
    child.previous = parent;
    child.next = sibling;
    if (sibling != null) {
      sibling.previous = child;
    }
    parent.child = child;
    return parent;
  }

  private static boolean isBefore(EngineTimer timer, EngineTimer than) {
    long later = timer.dueNanos - than.dueNanos;
    return later == 0 ? timer.order - than.order < 0 : later < 0;
  }

  /** Melds siblings: in pairs first, as one after the other would make a list of them. */
  private static @Nullable EngineTimer meldAll(@Nullable EngineTimer siblings) {
    EngineTimer pairs = null;
    EngineTimer at = siblings;
    while (at != null) {
      EngineTimer pair = at;
      EngineTimer other = pair.next;
      at = other == null ? null : other.next;
      pair.next = null;
      if (other != null) {
        other.next = null;
        pair = meld(pair, other);
      }
      pair.next = pairs;
      pairs = pair;
    }
    EngineTimer all = null;
    while (pairs != null) {
      EngineTimer pair = pairs;
      pairs = pair.next;
      pair.next = null;
      all = all == null ? pair : meld(all, pair);
    }
    return all;
  }
}
