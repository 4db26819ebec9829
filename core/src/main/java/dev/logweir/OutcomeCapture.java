package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A variable whose value is coming in. Its bytes are charged to the store, itself is a part of
 * that.
 */
final class OutcomeCapture {
  /** Heap of this object with a key. */
  static final int FIXED_BYTES = 72 + 56 + OutcomeStore.MAX_KEY;

  private static final int FIRST_ROOM = 128;
  private static final int ARRAY_BYTES = 32;

  private final OutcomeStore store;
  private final String key;
  private final int maxBytes;

  private byte[] bytes = Segment.NO_BYTES;
  private int size;
  private int lineStart;
  private boolean begun;
  private boolean over;

  /**
   * @param over whether the value is not wanted, as the variable is over a bound already
   */
  OutcomeCapture(OutcomeStore store, String key, boolean over, int maxBytes) {
    this.store = store;
    this.key = key;
    this.over = over;
    this.maxBytes = maxBytes;
  }

  /** Starts a line of the value. */
  void beginLine() {
    if (begun) {
      append(new byte[] {'\n'}, 0, 1);
    }
    begun = true;
    lineStart = size;
  }

  void append(byte[] from, int offset, int length) {
    if (over) {
      return;
    }
    if (length > maxBytes - size || !makeRoom(size + length)) {
      over = true;
      release();
      return;
    }
    System.arraycopy(from, offset, bytes, size, length);
    size += length;
  }

  /** Ends a line of the value: a carriage return is part of its line end. */
  void endLine() {
    if (size > lineStart && bytes[size - 1] == '\r') {
      size--;
    }
  }

  /**
   * Sets the variable.
   *
   * @param unended whether the stream ended in the midst of the value, and so perhaps of a secret
   */
  void finish(@Nullable SecretMasker masker, boolean unended) {
    if (over) {
      store.addExcess(key);
      return;
    }
    String value = new String(bytes, 0, size, UTF_8);
    release();
    if (masker != null) {
      value = unended ? masker.maskUnended(value) : masker.mask(value);
    }
    store.set(key, value);
  }

  /** Gives up the variable, as a part of it was lost. */
  void abandon() {
    release();
    store.addIncomplete(key);
  }

  /** While the bytes are copied both arrays are there, so both are charged. */
  private boolean makeRoom(int needed) {
    if (needed <= bytes.length) {
      return true;
    }
    int room = Math.min(maxBytes, Math.max(needed, Math.max(FIRST_ROOM, 2 * bytes.length)));
    if (!store.reserve(room + ARRAY_BYTES)) {
      return false;
    }
    byte[] before = bytes;
    bytes = Arrays.copyOf(before, room);
    release(before);
    return true;
  }

  private void release() {
    release(bytes);
    bytes = Segment.NO_BYTES;
    size = 0;
    lineStart = 0;
  }

  private void release(byte[] array) {
    if (array.length > 0) {
      store.release(array.length + ARRAY_BYTES);
    }
  }
}
