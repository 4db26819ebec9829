package dev.logweir;

/**
 * Finds a job's {@link ExitMarker} in a stream, in any pieces. Guarded by the lock of the stream's
 * buffer; takes no memory after it was made.
 *
 * <p>Bytes that may be the beginning of the marker are held here until it is known what they are:
 * they have no line end, so that no line waits for them. At most one candidate is open, as the
 * marker's first byte is nowhere else in it.
 */
final class ExitScan {
  private static final int MAX_DIGITS = 3;

  private final Totals totals;
  private final byte[] begin;

  /** The bytes that are held: a beginning of the marker. */
  private final byte[] held;

  private int heldBytes;

  /** Whether it is known what the held bytes are. */
  private boolean decided;

  private int code = -1;
  private long markedBytes;
  private int markedLines;

  ExitScan(ExitMarker marker, Totals totals) {
    this.totals = totals;
    begin = marker.begin();
    held = new byte[begin.length + MAX_DIGITS + 1];
  }

  /** Returns where what can be nothing of the marker ends. */
  int plainEnd(byte[] bytes, int from, int end) {
    if (heldBytes > 0) {
      return from;
    }
    for (int at = from; at < end; at++) {
      if (bytes[at] == ExitMarker.START) {
        int length = 1;
        while (at + length < end && bytes[at + length - 1] != '\n' && accepts(bytes, at, length)) {
          length++;
        }
        if (at + length == end || bytes[at + length - 1] == '\n') {
          return at;
        }
      }
    }
    return end;
  }

  /**
   * Takes bytes as long as they go on with what is held; returns where they end. What is held then
   * is a whole marker, a beginning of one, or nothing that can become one.
   */
  int take(byte[] bytes, int from, int end) {
    int at = from;
    while (at < end && !isWhole()) {
      held[heldBytes] = bytes[at];
      if (!accepts(held, 0, heldBytes)) {
        decided = true;
        return at;
      }
      heldBytes++;
      at++;
    }
    decided = isWhole();
    return at;
  }

  /** Whether what was taken last is a whole marker, or nothing that can become one. */
  boolean isDecided() {
    return decided;
  }

  /** Whether a byte goes on with the marker, of which those from {@code at} before it are. */
  private boolean accepts(byte[] bytes, int at, int length) {
    byte next = bytes[at + length];
    if (length < begin.length) {
      return next == begin[length];
    }
    int digits = length - begin.length;
    if (next == '\n') {
      return digits > 0 && number(bytes, at + begin.length, digits) <= ExitMarker.MAX_CODE;
    }
    return next >= '0' && next <= '9' && digits < MAX_DIGITS;
  }

  private static int number(byte[] bytes, int from, int digits) {
    int number = 0;
    for (int i = from; i < from + digits; i++) {
      number = 10 * number + bytes[i] - '0';
    }
    return number;
  }

  private boolean isWhole() {
    return heldBytes > 0 && held[heldBytes - 1] == '\n';
  }

  /** If a whole marker is held, takes it out; false if none is. */
  boolean takeMarker() {
    if (!isWhole()) {
      return false;
    }
    code = number(held, begin.length, heldBytes - 1 - begin.length);
    takeHeldOut();
    return true;
  }

  private void takeHeldOut() {
    totals.filteredBytes.add(heldBytes);
    markedBytes += heldBytes;
    markedLines++;
    heldBytes = 0;
  }

  /** Returns the bytes that are held; see {@link #letGo}. */
  byte[] held() {
    return held;
  }

  /** Returns how many bytes are held, of which none is any longer: they are the job's own. */
  int letGo() {
    int count = heldBytes;
    heldBytes = 0;
    return count;
  }

  /**
   * The stream has ended: what is held is the beginning of a marker that was cut. It does not
   * belong in a log.
   */
  void end() {
    if (heldBytes > 0) {
      takeHeldOut();
    }
  }

  /** Returns the exit code that the last marker had, or -1. */
  int code() {
    return code;
  }

  /** Returns whether there was a code. */
  boolean forget() {
    boolean known = code >= 0;
    code = -1;
    return known;
  }

  long heldBytes() {
    return heldBytes;
  }

  /** Returns what was taken out of the stream. */
  Tally marked() {
    return markedBytes == 0 ? Tally.NONE : new Tally(markedLines, markedBytes);
  }
}
