package dev.logweir;

import org.jspecify.annotations.Nullable;

/**
 * An amount of log, counted as the job wrote it: {@code \n} included, before any processor.
 * Immutable.
 *
 * <p>A fragment counts its bytes; its line counts with the line's last fragment. A last line
 * without {@code \n} is a line.
 */
public final class Tally {
  /** Nothing. */
  public static final Tally NONE = new Tally(0, 0);

  private final long lines;
  private final long bytes;

  Tally(long lines, long bytes) {
    this.lines = lines;
    this.bytes = bytes;
  }

  /**
   * Returns an amount, to compare others with.
   *
   * @throws IllegalArgumentException if one is negative
   */
  public static Tally of(long lines, long bytes) {
    if (lines < 0 || bytes < 0) {
      throw new IllegalArgumentException(
          "lines and bytes must be at least 0: " + lines + " and " + bytes);
    }
    return new Tally(lines, bytes);
  }

  /** Returns the number of lines, 0 or more. */
  public long lines() {
    return lines;
  }

  /** Returns the number of bytes, 0 or more. */
  public long bytes() {
    return bytes;
  }

  /** Returns the difference. */
  Tally minus(Tally less) {
    return new Tally(lines - less.lines, bytes - less.bytes);
  }

  /** Returns the sum of this amount and another. */
  public Tally plus(Tally other) {
    return new Tally(lines + other.lines, bytes + other.bytes);
  }

  /** Returns whether there is neither a line nor a byte in it. */
  public boolean isZero() {
    return lines == 0 && bytes == 0;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Tally tally && lines == tally.lines && bytes == tally.bytes;
  }

  @Override
  public int hashCode() {
    return 31 * Long.hashCode(lines) + Long.hashCode(bytes);
  }

  /** Returns both numbers, for a person. */
  @Override
  public String toString() {
    return "Tally[lines=" + lines + ", bytes=" + bytes + "]";
  }
}
