package dev.logweir;

/**
 * An amount of log, counted as the job wrote it: {@code \n} included, before any processor.
 *
 * <p>A fragment counts its bytes; its line counts with the line's last fragment. A last line
 * without {@code \n} is a line.
 *
 * @param lines number of lines, 0 or more
 * @param bytes number of bytes, 0 or more
 */
public record Tally(long lines, long bytes) {
  /** Nothing. */
  public static final Tally NONE = new Tally(0, 0);

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
}
