package dev.logweir;

/**
 * The bound that a server sets to a batch, in a unit of its own, and what a line costs of it.
 *
 * <p>It asks the sender, whose code may do anything: not to be called under a lock. Thread-safe.
 */
final class EncodedBound {
  /** Of all senders whose servers set none. */
  private static final EncodedBound NONE = new EncodedBound(lines -> {}, Long.MAX_VALUE);

  private final BatchSender sender;

  /** What the lines of a batch may cost besides a marker at its head. */
  private final long max;

  /**
   * Whether the sender is being asked. Another thread reads it, of a drain that has hung for a
   * while in there; as {@link ProcessorStage#isInside}.
   */
  private boolean asking;

  private EncodedBound(BatchSender sender, long max) {
    this.sender = sender;
    this.max = max;
  }

  /** Returns the bound of a sender, the same for all that have none. */
  static EncodedBound of(BatchSender sender) {
    int bound = sender.maxBatchBytes();
    return bound == Integer.MAX_VALUE
        ? NONE
        : new EncodedBound(sender, bound - sender.encodedBytes(Markers.MAX_BYTES));
  }

  /** Returns what the lines of a batch may cost; no batch comes to that where there is no bound. */
  long max() {
    return max;
  }

  /** Whether there is one, so that every line must be weighed. */
  boolean isSet() {
    return max != Long.MAX_VALUE;
  }

  /** Returns what a line costs; 0 where there is no bound. */
  long cost(int lineBytes) {
    if (!isSet()) {
      return 0;
    }
    assert LockOrder.CHECK.isFree();
    asking = true;
    try {
      return Math.max(0, sender.encodedBytes(lineBytes));
    } catch (Throwable ignored) {
      // The line must go on; what the server then refuses is counted.
      return lineBytes + 1L;
    } finally {
      asking = false;
    }
  }

  boolean isAsking() {
    return asking;
  }

  /** Returns the class to which calls count that do not return. */
  Class<?> senderClass() {
    return sender.getClass();
  }

  /**
   * Returns the longest line that with what is added to it is a batch that the server takes.
   *
   * @param most the longest that is asked for
   */
  int maxLineBytes(int most, int added) {
    int low = 0;
    int high = most;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (sender.encodedBytes(middle + added) <= max) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }
}
