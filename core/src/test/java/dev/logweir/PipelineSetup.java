package dev.logweir;

import java.time.Duration;

/**
 * The settings of a job under test.
 *
 * @param maxLineBytes 0 for the default
 * @param budgetBytes 0 for no budget
 * @param lineByLine whether a listener looks at every line, so that they are taken one by one
 * @param replaces whether a processor replaces each line by itself
 */
record PipelineSetup(
    int maxSize,
    int maxLineBytes,
    int sinks,
    int maxBatchBytes,
    OverflowPolicy overflow,
    boolean markers,
    Duration interval,
    long budgetBytes,
    boolean lineByLine,
    boolean replaces) {

  /** Returns the longest piece of a line without its mark, at most. */
  int longestPiece(boolean processed) {
    int longest = maxLineBytes > 0 ? maxLineBytes : Math.min(maxSize / 4, 64 << 10);
    if (maxBatchBytes == Integer.MAX_VALUE) {
      return longest;
    }
    int bound = maxBatchBytes - SteppedSender.cost(Markers.MAX_BYTES);
    int added = Markers.Mark.CONTINUED.length() + (processed ? Scratch.PREFIX_BYTES : 0);
    while (SteppedSender.cost(longest + added) > bound) {
      longest--;
    }
    return longest;
  }

  /** Returns the same with a budget that is spent before the places are full. */
  PipelineSetup withBudget() {
    return new PipelineSetup(
        Math.min(maxSize, 16 << 10),
        Math.min(maxLineBytes, 8 << 10),
        sinks,
        maxBatchBytes,
        overflow,
        markers,
        interval,
        64 << 10,
        lineByLine,
        replaces);
  }

  PipelineSetup withSinks(int count) {
    return new PipelineSetup(
        maxSize,
        maxLineBytes,
        count,
        maxBatchBytes,
        overflow,
        markers,
        interval,
        budgetBytes,
        lineByLine,
        replaces);
  }
}
