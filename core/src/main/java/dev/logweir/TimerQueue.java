package dev.logweir;

import org.jspecify.annotations.Nullable;

/**
 * The timers that are set, the next one first. It needs no memory of its own. Not thread-safe.
 *
 * <p>A pairing heap: each timer is due no later than its children. Adding takes a step; removing
 * takes about as many as the logarithm of their number, over several removals.
 */
final class TimerQueue {
  private @Nullable Timer first;
  private int orders;

  @Nullable Timer first() {
    return first;
  }

  /** Adds a timer for a moment, which may be in the past; moves one that is in it. */
  void set(Timer timer, long dueNanos) {
    remove(timer);
    timer.dueNanos = dueNanos;
    timer.order = orders++;
    setFirst(first == null ? timer : meld(first, timer));
  }

  /** Takes a timer out, if it is in it. */
  void remove(Timer timer) {
    Timer previous = timer.previous;
    if (previous == null) {
      return;
    }
    Timer below = meldAll(timer.child);
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

  static boolean isSet(Timer timer) {
    return timer.previous != null;
  }

  private static void cut(Timer timer, Timer previous) {
    Timer next = timer.next;
    if (previous.child == timer) {
      previous.child = next;
    } else {
      previous.next = next;
    }
    if (next != null) {
      next.previous = previous;
    }
  }

  private void setFirst(@Nullable Timer timer) {
    first = timer;
    if (timer != null) {
      timer.previous = timer;
    }
  }

  /** Makes the later of two timers without siblings a child of the other, which is returned. */
  private static Timer meld(Timer one, Timer other) {
    boolean swaps = isBefore(other, one);
    Timer parent = swaps ? other : one;
    Timer child = swaps ? one : other;
    Timer sibling = parent.child;
    child.previous = parent;
    child.next = sibling;
    if (sibling != null) {
      sibling.previous = child;
    }
    parent.child = child;
    return parent;
  }

  private static boolean isBefore(Timer timer, Timer than) {
    long later = timer.dueNanos - than.dueNanos;
    return later == 0 ? timer.order - than.order < 0 : later < 0;
  }

  /** Melds siblings: in pairs first, as one after the other would make a list of them. */
  private static @Nullable Timer meldAll(@Nullable Timer siblings) {
    Timer pairs = null;
    Timer at = siblings;
    while (at != null) {
      Timer pair = at;
      Timer other = pair.next;
      at = other == null ? null : other.next;
      pair.next = null;
      if (other != null) {
        other.next = null;
        pair = meld(pair, other);
      }
      pair.next = pairs;
      pairs = pair;
    }
    Timer all = null;
    while (pairs != null) {
      Timer pair = pairs;
      pairs = pair.next;
      pair.next = null;
      all = all == null ? pair : meld(all, pair);
    }
    return all;
  }
}
