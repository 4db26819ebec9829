package dev.logweir;

/**
 * Walks the automaton of values from one place of a text on, in which any of a value's bytes may be
 * written as they are or escaped: a search with a stack of what is still to be tried.
 *
 * <p>An escape is read by what it can mean, not by whose it is: percent-encoding (also of what is
 * encoded already), the backslash of JSON, programs and shells with its letters and numbers, {@code
 * ^} of cmd, the backtick of PowerShell, doubled quotes, entities of XML. A run of such signs and
 * of quotes may stand for any of them that it contains, in their order, as levels of quoting
 * multiply them.
 */
final class EscapeWalk {
  /** Heap of this object. */
  static final int FIXED_BYTES = 64 + 2 * (16 + 4 * 256);

  private static final int STACK = 256;
  private static final int MIN_STEPS = 2_000;
  private static final int MAX_SIGNS = 512;
  private static final int MAX_NESTED = 4;
  private static final byte[] SIGNS = {'\\', '"', '\'', '^', '`'};
  private static final String LETTERS = "nrtbfvaeE0";
  private static final byte[] MEANT = {'\n', '\r', '\t', '\b', '\f', 0x0B, 0x07, 0x1B, 0x1B, 0};

  private MaskerAutomaton values = MaskerAutomaton.EMPTY;
  private boolean escapes;
  private boolean wideSpaces;
  private byte[] bytes = Segment.NO_BYTES;
  private int end;

  /** Whether the text goes on after its end: what lies there is read once all of it is known. */
  private boolean more;

  private int start;

  private final int[] states = new int[STACK];
  private final int[] places = new int[STACK];
  private int size;

  /** How many steps are left: a text made for it could have more readings than there is time. */
  private int steps;

  /** The end of the longest value found by the last walk, -1 if there is none. */
  int matchedEnd;

  /**
   * How many bytes of a value the last walk had found where it met the text's end, -1 if it did
   * not.
   */
  int openDepth;

  /**
   * Sets the text of the next walks.
   *
   * @param more whether the text goes on after {@code end}
   */
  void begin(MaskerAutomaton values, EncodedForms forms, byte[] bytes, int end, boolean more) {
    this.values = values;
    escapes = forms.escapes;
    wideSpaces = forms.wideSpaces;
    this.bytes = bytes;
    this.end = end;
    this.more = more;
  }

  void letGo() {
    bytes = Segment.NO_BYTES;
  }

  void walk(int from) {
    start = from;
    matchedEnd = -1;
    openDepth = -1;
    size = 0;
    push(0, from);
    steps = MIN_STEPS + 8 * values.longest();
    while (size > 0 && steps > 0) {
      size--;
      walk(states[size], places[size]);
    }
  }

  private void walk(int fromState, int from) {
    int state = fromState;
    int place = from;
    while (--steps > 0) {
      if (values.isValue(state)) {
        matched(place);
      }
      if (!values.goesOn(state)) {
        return;
      }
      if (place >= end) {
        open(state);
        return;
      }
      byte b = bytes[place];
      if (wideSpaces) {
        tryWide(state, place);
      }
      if (escapes) {
        if (Escapes.isSign(b)) {
          // What the signs are as they stand is one of the ways to read them.
          cluster(state, place);
          return;
        }
        switch (b) {
          case '%' -> percent(state, place);
          case '&' -> entity(state, place);
          case '+' -> follow(state, (byte) ' ', place + 1);
          default -> {}
        }
      }
      if (b == '\n' && wideSpaces) {
        return;
      }
      state = values.child(state, b);
      if (state == 0) {
        return;
      }
      place++;
    }
  }

  private void matched(int place) {
    if (place - start >= EncodedForms.MIN_BYTES) {
      matchedEnd = Math.max(matchedEnd, place);
    }
  }

  private void open(int state) {
    openDepth = Math.max(openDepth, values.depth(state));
  }

  /**
   * Keeps a way to be tried, if its next byte does not rule it out. Two readings of the same bytes
   * that mean the same are one way: else their number would double with each.
   */
  private void push(int state, int place) {
    if (place < end && !values.isValue(state) && !isOpenTo(state, bytes[place])) {
      return;
    }
    for (int i = size - 1; i >= Math.max(0, size - 8); i--) {
      if (states[i] == state && places[i] == place) {
        return;
      }
    }
    if (size < STACK) {
      states[size] = state;
      places[size] = place;
      size++;
    }
  }

  private boolean isOpenTo(int state, byte b) {
    if (values.child(state, b) != 0) {
      return true;
    }
    boolean escape = Escapes.isSign(b) || b == '%' || b == '&' || b == '+';
    return (escapes && escape) || (wideSpaces && Escapes.isSpace(b));
  }

  private void follow(int state, byte label, int place) {
    int child = values.child(state, label);
    if (child != 0) {
      push(child, place);
    }
  }

  // ---- white space ----

  /** White space of a value is a line end in the automaton, and any white space of the text. */
  private void tryWide(int state, int place) {
    int child = values.child(state, (byte) '\n');
    if (child == 0) {
      return;
    }
    int next = place;
    int after = Escapes.spaceEnd(bytes, next, end, escapes);
    while (after > next) {
      next = after;
      after = Escapes.spaceEnd(bytes, next, end, escapes);
    }
    if (next > place) {
      push(child, next);
    }
  }

  // ---- percent-encoding and entities ----

  private void percent(int state, int place) {
    int at = place + 1;
    if (at < end && bytes[at] == '%') {
      follow(state, (byte) '%', at + 1);
    }
    for (int i = 0; i < MAX_NESTED; i++) {
      if (at + 2 > end) {
        if (at == end || EncodedForms.hexValue(bytes[at]) >= 0) {
          open(state);
        }
        return;
      }
      int value = number(at, 2, 16);
      if (value < 0) {
        return;
      }
      at += 2;
      follow(state, (byte) value, at);
      if (value == '+') {
        follow(state, (byte) ' ', at);
      }
      if (value != '%') {
        return;
      }
    }
  }

  private void entity(int state, int place) {
    int at = place + 1;
    for (int i = 0; i < MAX_NESTED; i++) {
      int semicolon = Escapes.entityEnd(bytes, at, end);
      if (semicolon == end) {
        open(state);
        return;
      }
      if (bytes[semicolon] != ';') {
        return;
      }
      int point = Escapes.entityPoint(bytes, at, semicolon);
      at = semicolon + 1;
      if (point >= 0) {
        followPoint(state, point, at);
      }
      if (point != '&') {
        return;
      }
    }
  }

  // ---- signs that escape, and quotes ----

  private void cluster(int state, int place) {
    int to = place;
    boolean quotes = false;
    while (to < end && Escapes.isSign(bytes[to])) {
      quotes |= bytes[to] == '"' || bytes[to] == '\'';
      to++;
    }
    boolean known = to < end || !more;
    if (to == end) {
      open(state);
    }
    // Where a value begins, nothing of it can be lost by leaving out signs in front of it.
    cluster(state, place, to, known && (state == 0 || !quotes), 0);
  }

  /**
   * @param mayEnd whether the cluster may end here: one with quotes stands for one of its signs
   */
  private void cluster(int state, int from, int to, boolean mayEnd, int taken) {
    if (mayEnd) {
      endCluster(state, to);
    }
    if (from == to || taken == MAX_SIGNS) {
      return;
    }
    for (byte sign : SIGNS) {
      int child = values.child(state, sign);
      if (child == 0) {
        continue;
      }
      int at = from;
      while (at < to && bytes[at] != sign) {
        at++;
      }
      if (at < to) {
        if (values.isValue(child)) {
          matched(at + 1);
        }
        cluster(child, at + 1, to, to < end || !more, taken + 1);
      }
    }
  }

  private void endCluster(int state, int to) {
    if (state != 0) {
      push(state, to);
    }
    byte last = bytes[to - 1];
    if (last != '\\' && last != '`') {
      return;
    }
    if (to == end) {
      open(state);
      return;
    }
    byte b = bytes[to];
    int letter = letterMeant(b);
    if (letter >= 0) {
      follow(state, (byte) letter, to + 1);
    }
    if (b == 'x') {
      followByte(state, to + 1, 2);
    } else if (b == 'U') {
      followLong(state, to + 1);
    } else if (b == 'u' && to + 1 < end && bytes[to + 1] == '{') {
      int digits = digits(to + 2, 16, 6);
      int after = to + 2 + digits;
      if (after == end) {
        open(state);
      } else if (digits > 0 && bytes[after] == '}') {
        followPoint(state, number(to + 2, digits, 16), after + 1);
      }
    } else if (b == 'u') {
      followUnit(state, to);
    } else if (b >= '0' && b <= '7') {
      int digits = digits(to, 8, 3);
      if (to + digits == end) {
        open(state);
      }
      if (digits == 3 || to + digits < end || !more) {
        follow(state, (byte) number(to, digits, 8), to + digits);
      }
    }
  }

  /** Returns what a letter behind a sign means, less than 0 if nothing. */
  static int letterMeant(byte b) {
    int letter = LETTERS.indexOf(b);
    return letter < 0 ? -1 : MEANT[letter];
  }

  /** Whether a number may follow a sign that a byte is behind. */
  static boolean beginsNumber(byte b) {
    return b == 'x' || b == 'u' || b == 'U' || (b >= '0' && b <= '7');
  }

  private void followByte(int state, int from, int digits) {
    int value = complete(state, from, digits);
    if (value >= 0) {
      follow(state, (byte) value, from + digits);
      if (value >= 0x80) {
        followPoint(state, value, from + digits); // in texts it is a character, not a byte
      }
    }
  }

  private void followLong(int state, int from) {
    int value = complete(state, from, 8);
    if (value >= 0) {
      followPoint(state, value, from + 8);
    }
  }

  /** Follows a unit of UTF-16, and a second one behind as many signs if it is half of a pair. */
  private void followUnit(int state, int at) {
    int unit = complete(state, at + 1, 4);
    if (unit < 0) {
      return;
    }
    int after = at + 5;
    if (!Character.isHighSurrogate((char) unit)) {
      followPoint(state, unit, after);
      return;
    }
    int second = after;
    while (second < end && bytes[second] == bytes[at - 1]) {
      second++;
    }
    if (second == end) {
      open(state);
    } else if (bytes[second] == 'u') {
      int low = complete(state, second + 1, 4);
      if (low >= 0 && Character.isLowSurrogate((char) low)) {
        followPoint(state, Character.toCodePoint((char) unit, (char) low), second + 5);
      }
    }
  }

  private void followPoint(int state, int point, int place) {
    if (point < 0x80) {
      follow(state, (byte) point, place);
      return;
    }
    if (point > Character.MAX_CODE_POINT) {
      return;
    }
    int count = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    int lead = count == 2 ? 0xC0 : count == 3 ? 0xE0 : 0xF0;
    int child = values.child(state, (byte) (lead | (point >> (6 * (count - 1)))));
    for (int i = count - 2; i >= 0 && child != 0; i--) {
      child = values.child(child, (byte) (0x80 | ((point >> (6 * i)) & 0x3F)));
    }
    if (child != 0) {
      push(child, place);
    }
  }

  /** Returns a number of so many hexadecimal digits, -1 if there is none or the text ends in it. */
  private int complete(int state, int from, int digits) {
    int found = digits(from, 16, digits);
    if (found < digits) {
      if (from + found == end) {
        open(state);
      }
      return -1;
    }
    return number(from, digits, 16);
  }

  private int digits(int from, int radix, int most) {
    return Escapes.digits(bytes, from, Math.min(end, from + most), radix);
  }

  private int number(int from, int digits, int radix) {
    return Escapes.number(bytes, from, from + digits, radix);
  }
}
