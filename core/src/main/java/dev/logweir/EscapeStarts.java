package dev.logweir;

/**
 * Tells from which places of a text a value may begin that a special byte is part of. Immutable.
 *
 * <p>A walk from each place would cost many times what the search for values as they are does. In
 * front of its first special byte a value stands as it is: so the few bytes there, and what the
 * special byte may mean, rule nearly every place out. What is left may be none, but none is left
 * out from which an {@link EscapeWalk} would find a value or meet the text's end.
 */
final class EscapeStarts {
  private static final int NOTHING = -1;

  private final MaskerAutomaton values;
  private final boolean escapes;
  private final boolean wideSpaces;

  /** A bit for each two bytes that a value begins with. */
  private final long[] pairs;

  EscapeStarts(MaskerAutomaton values, boolean escapes, boolean wideSpaces) {
    this.values = values;
    this.escapes = escapes;
    this.wideSpaces = wideSpaces;
    pairs = values.pairs();
  }

  /**
   * Returns the first place from which a walk may find something; behind the special byte if there
   * is none up to it.
   *
   * @param first where the text begins
   * @param from from where on places are asked for; from there on no byte is special before {@code
   *     special}
   * @param end where the text ends
   */
  int next(byte[] bytes, int first, int from, int special, int end) {
    int place = from;
    while (true) {
      int stop = wideSpaces ? blank(bytes, place, special) : special;
      place = nextUpTo(bytes, first, place, stop, end);
      if (place <= stop || stop == special) {
        return place;
      }
    }
  }

  /** A blank is not special where it stands alone, but may be what any white space stands for. */
  private static int blank(byte[] bytes, int from, int to) {
    int place = from;
    while (place < to && bytes[place] != ' ') {
      place++;
    }
    return place;
  }

  private int nextUpTo(byte[] bytes, int first, int from, int special, int end) {
    int place = from + (from < special && isWithinSigns(bytes, first, from) ? 1 : 0);
    place = Math.min(special, values.skip(bytes, place, special));
    if (special - place >= values.window() && values.window() > 0) {
      return place;
    }
    place = Math.max(place, special - values.longest());
    if (special - place >= Integer.BYTES && values.window() >= Integer.BYTES) {
      if (values.mayReach(bytes, special)) {
        for (; special - place >= Integer.BYTES; place++) {
          if (values.mayBegin(bytes, place)) {
            return place;
          }
        }
      }
      place = Math.max(place, special - Integer.BYTES + 1);
    }
    for (; special - place >= 2; place++) {
      if (begins(bytes[place], bytes[place + 1])) {
        return place;
      }
    }
    if (place < special) {
      byte before = bytes[place];
      if (values.root(before) != 0 && mayGoOn(bytes, special, end, before & 0xFF)) {
        return place;
      }
    }
    boolean begins = !isWithinSigns(bytes, first, special) && mayGoOn(bytes, special, end, NOTHING);
    return begins ? special : special + 1;
  }

  /** Whether a place is in a run of signs, which is read from its first one on. */
  private static boolean isWithinSigns(byte[] bytes, int first, int place) {
    return place > first && Escapes.isSign(bytes[place]) && Escapes.isSign(bytes[place - 1]);
  }

  /** Whether a value may begin with two bytes. */
  private boolean begins(byte first, byte second) {
    int pair = (first & 0xFF) << 8 | (second & 0xFF);
    return (pairs[pair >>> 6] & 1L << pair) != 0;
  }

  /**
   * Whether a value may go on with what a special byte means.
   *
   * @param before what the value begins with, one byte or {@link #NOTHING}
   */
  private boolean mayGoOn(byte[] bytes, int special, int end, int before) {
    byte b = bytes[special];
    if (wideSpaces && goesOnWith(before, '\n')) {
      return true;
    }
    if (escapes && Escapes.isSign(b)) {
      return mayGoOnWithSigns(bytes, special, end, before);
    }
    if (goesOnWith(before, b)) {
      return true;
    }
    return escapes
        && switch (b) {
          case '+' -> goesOnWith(before, ' ');
          case '%' -> mayGoOnWithPercent(bytes, special + 1, end, before);
          case '&' -> mayBeEntity(bytes, special + 1, end);
          default -> false;
        };
  }

  private boolean goesOnWith(int before, int meant) {
    return before == NOTHING ? values.root((byte) meant) != 0 : begins((byte) before, (byte) meant);
  }

  private boolean mayGoOnWithPercent(byte[] bytes, int from, int end, int before) {
    if (end - from < 2) {
      return true; // it may go on after the text
    }
    int high = EncodedForms.hexValue(bytes[from]);
    int low = EncodedForms.hexValue(bytes[from + 1]);
    if ((high | low) < 0) {
      return false;
    }
    int meant = high << 4 | low;
    return meant == '%' || goesOnWith(before, meant) || (meant == '+' && goesOnWith(before, ' '));
  }

  private boolean mayGoOnWithSigns(byte[] bytes, int from, int end, int before) {
    int to = from;
    while (to < end && Escapes.isSign(bytes[to])) {
      if (goesOnWith(before, bytes[to])) {
        return true;
      }
      to++;
    }
    if (to == end) {
      return true;
    }
    byte next = bytes[to];
    // What follows goes on with what was before the signs, and begins by itself where that is not.
    if (before != NOTHING && (isSpecial(next) || goesOnWith(before, next))) {
      return true;
    }
    byte last = bytes[to - 1];
    if (last != '\\' && last != '`') {
      return false;
    }
    int letter = EscapeWalk.letterMeant(next);
    return (letter >= 0 && goesOnWith(before, letter)) || EscapeWalk.beginsNumber(next);
  }

  private static boolean mayBeEntity(byte[] bytes, int from, int end) {
    int semicolon = Escapes.entityEnd(bytes, from, end);
    return semicolon == end || bytes[semicolon] == ';';
  }

  private static boolean isSpecial(byte b) {
    return b == '%' || b == '&' || b == '+';
  }
}
