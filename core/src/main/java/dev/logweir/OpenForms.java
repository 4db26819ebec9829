package dev.logweir;

/**
 * Encoded forms that were found up to a line's end, with which the next line may go on: which, and
 * how much of each. A beginning of a form's signature stands as its state there, as {@code ~}.
 */
final class OpenForms {
  private static final int MAX = 16;

  private int[] forms = new int[MAX];
  private int[] indexes = new int[MAX];
  private int count;

  /** Those of the part under way. */
  private int[] foundForms = new int[MAX];

  private int[] foundIndexes = new int[MAX];
  private int found;

  /** How many of those found were open before the part. */
  private int kept;

  int count() {
    return count;
  }

  int form(int i) {
    return forms[i];
  }

  int index(int i) {
    return indexes[i];
  }

  void clear() {
    count = 0;
  }

  // ---- while a part is searched ----

  void beginPart() {
    found = 0;
    kept = 0;
  }

  void found(int form, int index) {
    if (found < MAX) {
      foundForms[found] = form;
      foundIndexes[found] = index;
      found++;
    }
  }

  boolean hasFound() {
    return found > 0;
  }

  /** What was open was gone on with, as far as it goes in the part. */
  void wentOn() {
    count = 0;
    kept = found;
  }

  /**
   * Ends a part. Within a line only what came from the line before stays open: the rest is held
   * back as text.
   */
  void endPart(PartEnd end) {
    int[] lastForms = forms;
    int[] lastIndexes = indexes;
    forms = foundForms;
    indexes = foundIndexes;
    foundForms = lastForms;
    foundIndexes = lastIndexes;
    count = end == PartEnd.CUT ? 0 : end == PartEnd.ENDS ? found : kept;
  }
}
