package dev.logweir;

/**
 * Tells of whole lines at once which of them need not be searched for encoded values one by one.
 *
 * <p>Such a line has no special byte, no value as it is, and no beginning of a form that leaves
 * nothing as it is. These forms may be broken into lines, so the lines are searched joined to one
 * text, without their ends and the blanks that they begin with. Where that text ends, a form may
 * begin that the next lines go on with: the last bytes' lines are left to be searched one by one.
 */
final class EncodedRuns {
  /** Heap of this object. */
  static final int FIXED_BYTES = 64 + Segment.LARGE;

  private byte[] joined = Segment.NO_BYTES;

  /**
   * Returns where the first line begins that must be searched; {@code to} if none of them must.
   *
   * @param from where a line begins that no form goes on in
   * @param to behind a line end, at {@code from} or after; up to there is no value as it is
   */
  int plainUntil(EncodedForms forms, byte[] bytes, int from, int to) {
    int suspect = forms.suspect(bytes, from, to);
    int end = suspect == to ? to : lineOf(bytes, from, suspect);
    return forms.escapes && end > from ? withoutForms(forms, bytes, from, end) : end;
  }

  private int withoutForms(EncodedForms forms, byte[] bytes, int from, int linesEnd) {
    if (!forms.mayBeJoined()) {
      return from;
    }
    int end = linesEnd;
    if (end - from > Segment.LARGE) {
      end = lineOf(bytes, from, from + Segment.LARGE);
    }
    if (joined.length == 0) {
      joined = new byte[Segment.LARGE];
    }
    int length = 0;
    int line = from;
    while (line < end) {
      int lineEnd = Newlines.first(bytes, line, end);
      int text = EncodedForms.skipBlanks(bytes, line, lineEnd);
      System.arraycopy(bytes, text, joined, length, lineEnd - text);
      length += lineEnd - text;
      line = lineEnd + 1;
      if (forms.mayEndInForm(joined, length)) {
        end = line;
      }
    }
    int found = forms.firstSignature(joined, length);
    // No form begins before, or its signature would have been found.
    int safe = (found < length ? found : length) - (EncodedForms.SIGNATURE_BYTES - 1);
    while (end > from && length > safe) {
      int last = lineOf(bytes, from, end - 1);
      length -= end - 1 - EncodedForms.skipBlanks(bytes, last, end - 1);
      end = last;
    }
    return end;
  }

  private static int lineOf(byte[] bytes, int from, int place) {
    return Newlines.last(bytes, from, place) + 1;
  }
}
