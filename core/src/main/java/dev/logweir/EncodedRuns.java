package dev.logweir;

import java.util.Objects;

/**
 * Finds, for many whole lines at once, those that need not be searched for encoded values one by
 * one.
 *
 * <p>Such a line has no value as it is, none written with escapes, and no beginning of a form that
 * leaves nothing as it is. These forms may be broken into lines, so the lines are searched joined
 * to one text, without their ends, escaped ones too, and the blanks behind. Where that text ends, a
 * form may begin that the next lines go on with: the last bytes' lines are left to be searched one
 * by one.
 */
final class EncodedRuns {
  /** Heap of this object. */
  static final int FIXED_BYTES = 64 + Segment.LARGE;

  /** How many bytes of a text a form's beginning may be in that is not known to be one. */
  private static final int OPEN_BYTES = EncodedForms.SIGNATURE_BYTES - 1;

  private byte[] joined = Segment.NO_BYTES;

  /** How much of that is the text. */
  private int length;

  /**
   * Returns where the first line begins that must be searched; {@code to} if none of them must.
   *
   * @param from where a line begins that no form goes on in
   * @param to behind a line end, after {@code from}
   */
  int plainUntil(EscapedLines lines, MaskerValues values, byte[] bytes, int from, int to) {
    EncodedForms forms = Objects.requireNonNull(values.forms());
    if (!forms.mayBeJoined()) {
      return from;
    }
    int end = to - from > Segment.LARGE ? lineOf(bytes, from, from + Segment.LARGE) : to;
    if (joined.length == 0) {
      joined = new byte[Segment.LARGE];
    }
    MaskerAutomaton plain = values.plain();
    lines.begin(forms, bytes, from, end);
    length = 0;
    int found = Integer.MAX_VALUE;
    int line = from;
    while (line < end && found == Integer.MAX_VALUE) {
      int lineEnd = Newlines.first(bytes, line, end);
      // Line by line, so that the bytes behind a find are not searched again and again.
      if (plain.first(bytes, line, lineEnd) < lineEnd) {
        break;
      }
      int before = length;
      if (lines.special() < lineEnd) {
        if (lines.search(values, bytes, line, lineEnd, end)) {
          break;
        }
        joinBroken(lines, forms, bytes, line, lineEnd);
      } else {
        join(bytes, line, lineEnd);
      }
      found = beginning(forms, before);
      line = lineEnd + 1;
    }
    return withoutOpen(forms, bytes, from, line, Math.min(found, length));
  }

  /** Appends a line to the text. */
  private void join(byte[] bytes, int line, int lineEnd) {
    int place = EncodedForms.skipBlanks(bytes, line, lineEnd);
    System.arraycopy(bytes, place, joined, length, lineEnd - place);
    length += lineEnd - place;
  }

  /** Appends the line just searched, without the line ends within it. */
  private void joinBroken(
      EscapedLines lines, EncodedForms forms, byte[] bytes, int line, int lineEnd) {
    int place = EncodedForms.skipBlanks(bytes, line, lineEnd);
    while (place < lineEnd) {
      int next = lines.nextBreak(forms, bytes, place, lineEnd);
      System.arraycopy(bytes, place, joined, length, next - place);
      length += next - place;
      place = EncodedForms.breakEnd(bytes, next, lineEnd);
    }
  }

  /**
   * Returns where in the text a form's beginning is that is new in it, or its end if that may be
   * the beginning of one; the largest number there is if there is none.
   */
  private int beginning(EncodedForms forms, int before) {
    int found = forms.firstSignature(joined, Math.max(0, before - OPEN_BYTES), length);
    return found < length || forms.mayEndInForm(joined, length) ? found : Integer.MAX_VALUE;
  }

  /** Leaves out the last lines, in which a form may begin: none begins further in front. */
  private int withoutOpen(EncodedForms forms, byte[] bytes, int from, int linesEnd, int found) {
    int end = linesEnd;
    while (end > from && length > found - OPEN_BYTES) {
      int lineEnd = end - 1;
      end = lineOf(bytes, from, lineEnd);
      int place = EncodedForms.skipBlanks(bytes, end, lineEnd);
      while (place < lineEnd) {
        int next = forms.nextBreak(bytes, place, lineEnd);
        length -= next - place;
        place = EncodedForms.breakEnd(bytes, next, lineEnd);
      }
    }
    return end;
  }

  private static int lineOf(byte[] bytes, int from, int place) {
    return Newlines.last(bytes, from, place) + 1;
  }
}
