package dev.logweir;

/**
 * A processor of one stream that puts a few bytes in front of every line and does nothing else, so
 * that they can be written with the lines, without a look at each. Runs no foreign code.
 */
interface RunPrefix extends LogProcessor {
  /**
   * Begins a run of lines.
   *
   * @param lastNumber the number of the last line of the run
   * @return the most bytes in front of any of them
   */
  int beginRun(long timeMillis, long lastNumber);

  /** Writes what stands in front of a line of the run; returns its length. */
  int prefix(long number);

  /** Returns the array in which it stands, from 0 on. */
  byte[] prefixBytes();
}
