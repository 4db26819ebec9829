package dev.logweir;

/**
 * What {@code forStream} returns for a processor that can tell for many whole lines at once which
 * of them it leaves unchanged, so that it need not get these one by one.
 *
 * <p>It is asked if all processors of a job are of this kind, or the last one is a {@link
 * RunPrefix}, and no listener and no bound of a server needs each line by itself. Long and cut
 * lines are shown to {@link #process} all the same.
 */
interface RunProcessor extends LogProcessor {
  /**
   * Returns where the first line begins that must be shown to {@link #process}; {@code end} if none
   * of them must. Called only between lines.
   *
   * <p>This must change no state: the same lines may be asked about again, or fewer of them, and
   * those before the returned place are never shown. A processor that needs the next line in any
   * case returns {@code from}. It must not throw: the lines would wait for the next drain.
   *
   * @param from where a line begins
   * @param end behind a line end, after {@code from}
   */
  int plainUntil(byte[] bytes, int from, int end);
}
