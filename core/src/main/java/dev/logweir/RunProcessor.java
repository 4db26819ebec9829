package dev.logweir;

/**
 * A processor of one stream that can say of whole lines at once which of them it would leave as
 * they are, so that these need not be shown to it one by one.
 */
interface RunProcessor extends LogProcessor {
  /**
   * Returns where the first line begins that must be shown to {@link #process}; {@code end} if none
   * of them must. Called only between lines.
   *
   * @param from where a line begins
   * @param end behind a line end, after {@code from}
   */
  int plainUntil(byte[] bytes, int from, int end);
}
