package dev.logweir;

/**
 * What {@code forStream} returns for a processor that can say of whole lines at once which of them
 * it would leave as they are, so that these need not be shown to it one by one.
 *
 * <p>It is asked where all processors of a job are such, or one of them is a {@link RunPrefix} and
 * the last, and no listener and no bound of a server wants each line by itself. Long and cut lines
 * are shown to {@link #process} all the same.
 */
interface RunProcessor extends LogProcessor {
  /**
   * Returns where the first line begins that must be shown to {@link #process}; {@code end} if none
   * of them must. Called only between lines.
   *
   * <p>It is a question: the same lines may be asked about again, or fewer of them, and those
   * before the place that is returned are never shown. So it takes no note of them, and a processor
   * that still has something to do with the next line, whatever that is, returns {@code from}. It
   * must not throw: the lines would wait for the next drain.
   *
   * @param from where a line begins
   * @param end behind a line end, after {@code from}
   */
  int plainUntil(byte[] bytes, int from, int end);
}
