package dev.logweir;

import java.util.Objects;

/** Searches whole lines for values that are written with escapes, for an {@link EncodedScan}. */
final class EscapedLines {
  private static final int MAX_BREAKS = 16;

  private final EscapeWalk walk;

  /** Where there are line ends within the line searched last. */
  private final int[] breaks = new int[MAX_BREAKS];

  private int breakCount;

  /** The first special byte behind the line searched last; the end of the lines for none. */
  private int special;

  /**
   * @param walk used for the time of a search
   */
  EscapedLines(EscapeWalk walk) {
    this.walk = walk;
  }

  /**
   * Returns where the first line begins that has a value whose white space is another; {@code to}
   * if there is none.
   *
   * @param from where a line begins
   * @param to behind a line end
   */
  int plainUntil(MaskerValues sought, byte[] text, int from, int to) {
    begin(Objects.requireNonNull(sought.forms()), text, from, to);
    int line = from;
    while (special < to) {
      line = Newlines.last(text, line, special) + 1;
      int lineEnd = Newlines.first(text, special, to);
      if (search(sought, text, line, lineEnd, to)) {
        return line;
      }
    }
    return to;
  }

  /**
   * Begins a run of lines, of which those with special bytes are to be searched one after the
   * other.
   */
  void begin(EncodedForms allForms, byte[] text, int from, int to) {
    special = allForms.suspect(text, from, to);
  }

  /** Returns the first special byte that was not searched yet; the end of the lines for none. */
  int special() {
    return special;
  }

  /**
   * Searches the line of the next special byte for values that are written with escapes, and
   * returns whether it found one.
   *
   * @param line where it begins
   * @param lineEnd where its line end is
   * @param to behind the last line's end
   */
  boolean search(MaskerValues sought, byte[] text, int line, int lineEnd, int to) {
    EncodedForms allForms = Objects.requireNonNull(sought.forms());
    EscapeStarts places = Objects.requireNonNull(sought.starts());
    int longest = sought.plain().longest();
    int at = special;
    int from = Math.max(line, at - longest);
    breakCount = 0;
    int signs = at;
    boolean begun = false;
    while (at < lineEnd) {
      signs = at > line && text[at] == '\\' && text[at - 1] == '\\' ? signs : at;
      noteBreak(text, signs, at);
      while (from <= at) {
        int place = places.next(text, line, from, at, lineEnd);
        from = Math.min(place, at) + 1;
        if (place <= at) {
          if (!begun) {
            walk.begin(sought.plain(), allForms, text, lineEnd, false);
            begun = true;
          }
          walk.walk(place);
          if (walk.matchedEnd >= 0) {
            walk.letGo();
            return true;
          }
        }
      }
      at = allForms.suspect(text, from, to);
      from = Math.max(from, at - longest);
    }
    if (begun) {
      walk.letGo();
    }
    special = at;
    return false;
  }

  /**
   * Notes a carriage return, or a line end that is escaped.
   *
   * @param from where the run of backslashes begins that a byte is in
   */
  private void noteBreak(byte[] text, int from, int at) {
    boolean escaped = text[at] == '\\' && EncodedForms.isBreakLetter(text[at + 1]);
    if (escaped || text[at] == '\r') {
      if (breakCount < MAX_BREAKS) {
        breaks[breakCount] = from;
      }
      breakCount++;
    }
  }

  /**
   * Returns where the first line end is in the line searched last, escaped or a carriage return.
   *
   * @param from where the line begins, or goes on behind another
   */
  int nextBreak(EncodedForms allForms, byte[] text, int from, int lineEnd) {
    if (breakCount > MAX_BREAKS) {
      return allForms.nextBreak(text, from, lineEnd);
    }
    for (int i = 0; i < breakCount; i++) {
      if (breaks[i] >= from) {
        return breaks[i];
      }
    }
    return lineEnd;
  }
}
