package dev.logweir.sender;

import dev.logweir.SendCall;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Calls that pause for the same thing, to be woken together. Thread-safe. */
final class PausedCalls {
  private final Pauses pauses;

  /** Each wait under a key of its own. */
  private final Map<Object, SendCall> calls = new ConcurrentHashMap<>();

  PausedCalls(Pauses pauses) {
    this.pauses = pauses;
  }

  /**
   * Adds a call. What it looks at before it pauses must be looked at after this: then no wake is
   * missed.
   *
   * @return what {@link #remove} takes
   */
  Object add(SendCall call) {
    Object key = new Object();
    calls.put(key, call);
    return key;
  }

  /** Removes a call: no wake comes any more. */
  void remove(Object key) {
    calls.remove(key);
  }

  /** Ends the pauses of all, or the next ones of those that do not pause yet. */
  void wakeAll() {
    // Each within its removal's lock, which so waits for the wake.
    for (Object key : calls.keySet()) {
      calls.computeIfPresent(
          key,
          (same, call) -> {
            pauses.wake(call);
            return call;
          });
    }
  }
}
