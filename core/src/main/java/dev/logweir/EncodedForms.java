package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/**
 * What encoders make of values, for an {@link EncodedScan}. Immutable.
 *
 * <p>Escapes leave most of a value as it is, so they are read where they stand, and the values' own
 * automaton is walked with what they mean. Base64, hexadecimal and UTF-16 leave nothing: of each
 * such form only its first bytes, its <em>signature</em>, are in an automaton; where one is found,
 * the rest is computed from the value, symbol by symbol.
 */
final class EncodedForms {
  /** The shortest encoded form that is looked for, in bytes. */
  static final int MIN_BYTES = 6;

  /** How many bytes of the text a value's byte may take, in the longest run that is held back. */
  static final int MAX_BYTES_A_BYTE = 8;

  /** The most bytes of a form by which it is found. */
  static final int SIGNATURE_BYTES = 12;

  /** Kinds of what is special in a text. */
  static final byte ESCAPE = 1;

  static final byte QUOTE = 2;
  static final byte SPACE = 4;
  static final byte BREAK = 8;

  /** Heap beside the automaton of the signatures and what is counted by {@link #size}. */
  static final int FIXED_BYTES = 2 * (256 + 8 * 1024) + 600;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int HEX = 0;
  private static final int RAW = 4;
  private static final byte[] BASE64_VALUES = new byte[256];
  private static final byte[] HEX_VALUES = new byte[256];
  private static final String STANDARD =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  private static final String URL_SAFE =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

  static {
    Arrays.fill(BASE64_VALUES, (byte) -1);
    Arrays.fill(HEX_VALUES, (byte) -1);
    for (int i = 0; i < 64; i++) {
      BASE64_VALUES[STANDARD.charAt(i)] = (byte) i;
      BASE64_VALUES[URL_SAFE.charAt(i)] = (byte) i;
    }
    for (int i = 0; i < 16; i++) {
      HEX_VALUES["0123456789abcdef".charAt(i)] = (byte) i;
      HEX_VALUES["0123456789ABCDEF".charAt(i)] = (byte) i;
    }
  }

  final boolean escapes;
  final boolean wideSpaces;
  final MaskerAutomaton signatures;

  private final boolean mayBeJoined;
  private final byte[] classes = new byte[256];

  /** The same, of lines: their ends are none of it. */
  private final byte[] lineClasses;

  /** A bit for each two bytes, the first one in the lower bits: whether one of them may be so. */
  private final long[] linePairs = new long[1 << 10];

  private final long[] pairs;
  private final byte[][] data;
  private final byte[] kinds;
  private final int[] firstEntries;
  private final int[] nextEntries;
  private final long dataBytes;

  private EncodedForms(
      boolean escapes,
      boolean wideSpaces,
      boolean blanks,
      MaskerAutomaton values,
      List<byte[]> data,
      List<Byte> kinds) {
    this.escapes = escapes;
    this.wideSpaces = wideSpaces;
    this.data = data.toArray(new byte[0][]);
    this.kinds = new byte[kinds.size()];
    long bytes = 0;
    List<byte[]> texts = new ArrayList<>();
    for (int i = 0; i < this.kinds.length; i++) {
      this.kinds[i] = kinds.get(i);
      bytes += i > 0 && this.data[i] == this.data[i - 1] ? 0 : 2L * this.data[i].length + 64;
      texts.add(signature(i, false));
      texts.add(signature(i, true));
    }
    dataBytes = bytes;
    signatures = MaskerAutomaton.EMPTY.with(texts);
    mayBeJoined = texts.stream().noneMatch(text -> isBlank(text[0]));
    firstEntries = new int[signatures.states()];
    Arrays.fill(firstEntries, -1);
    nextEntries = new int[2 * this.kinds.length];
    for (int i = 0; i < texts.size(); i++) {
      if (i % 2 == 0 || !Arrays.equals(texts.get(i), texts.get(i - 1))) {
        int state = stateOf(texts.get(i));
        nextEntries[i] = firstEntries[state];
        firstEntries[state] = i;
      }
    }
    pairs = values.pairs();
    fillClasses(blanks);
    lineClasses = classes.clone();
    lineClasses['\n'] = 0;
    for (int first = 0; first < 256; first++) {
      for (int second = 0; second < 256; second++) {
        if ((lineClasses[first] | lineClasses[second]) != 0) {
          int pair = first | second << 8;
          linePairs[pair >>> 6] |= 1L << pair;
        }
      }
    }
  }

  /**
   * Returns the forms of values.
   *
   * @param escapes whether encoded forms are looked for; else white space alone
   * @param values the automaton of the values
   * @param texts the values to be encoded
   */
  static EncodedForms of(
      boolean escapes, boolean wideSpaces, MaskerAutomaton values, Collection<String> texts) {
    List<byte[]> data = new ArrayList<>();
    List<Byte> kinds = new ArrayList<>();
    boolean blanks = false;
    for (String text : texts) {
      blanks |= text.indexOf(' ') >= 0;
      byte[] bytes = text.getBytes(UTF_8);
      for (int kind = HEX; kind < RAW; kind++) {
        add(bytes, kind, data, kinds);
      }
      for (byte[] wide : utf16(text)) {
        for (int kind = HEX + 1; kind <= RAW; kind++) {
          add(wide, kind, data, kinds);
        }
      }
    }
    return new EncodedForms(escapes, wideSpaces, blanks, values, data, kinds);
  }

  /** In Latin 1 both orders are the same bytes but for a zero before or after. */
  private static List<byte[]> utf16(String text) {
    byte[] little = text.getBytes(UTF_16LE);
    boolean latin = text.chars().allMatch(c -> c < 0x100);
    return latin
        ? List.of(Arrays.copyOf(little, Math.max(0, little.length - 1)))
        : List.of(little, text.getBytes(UTF_16BE));
  }

  private static void add(byte[] bytes, int kind, List<byte[]> data, List<Byte> kinds) {
    if (length(bytes.length, kind) >= MIN_BYTES) {
      data.add(bytes);
      kinds.add((byte) kind);
    }
  }

  /** Returns what these cost in states of an automaton, each of which stands for more heap. */
  long size() {
    return signatures.states() * 5L / 4 + kinds.length * 4L + dataBytes;
  }

  // ---- special bytes ----

  private void fillClasses(boolean blanks) {
    if (escapes) {
      for (char c : "%&\\^`".toCharArray()) {
        classes[c] = ESCAPE;
      }
      classes['+'] = blanks ? ESCAPE : 0;
      classes['\''] = QUOTE;
      classes['"'] = QUOTE;
      classes['\\'] |= BREAK;
      classes['\n'] = BREAK;
      classes['\r'] = BREAK;
    }
    if (wideSpaces) {
      for (char c : " \t\n\r\f\u000B".toCharArray()) {
        classes[c] |= SPACE;
      }
    }
  }

  /** Returns the first index, at most {@code to}, of a byte that may be other than it looks. */
  int special(byte[] bytes, int from, int to) {
    return first(classes, bytes, from, to);
  }

  /** Returns the same of whole lines, the end of each of which is no such byte. */
  int suspect(byte[] bytes, int from, int to) {
    return first(lineClasses, bytes, from, to);
  }

  /** Most bytes are not special, so that eight are looked at with one branch. */
  private int first(byte[] table, byte[] bytes, int from, int to) {
    boolean lineEnds = table['\n'] != 0;
    int index = from;
    while (index < to) {
      while (index + Long.BYTES <= to
          && !mayBeSpecial((long) LONGS.get(bytes, index))
          && !(lineEnds && Newlines.isIn(bytes, index))) {
        index += Long.BYTES;
      }
      int last = Math.min(index + Long.BYTES, to);
      while (index < last) {
        if (isSpecial(table, bytes, index, to)) {
          return index;
        }
        index++;
      }
    }
    return to;
  }

  /** Whether one of eight bytes may be special that is no line end. */
  private boolean mayBeSpecial(long word) {
    long[] pairs = linePairs;
    long second = word >>> 16;
    long third = word >>> 32;
    long fourth = word >>> 48;
    long found =
        pairs[(int) (word & 0xFFFF) >>> 6] >>> word
            | pairs[(int) (second & 0xFFFF) >>> 6] >>> second
            | pairs[(int) (third & 0xFFFF) >>> 6] >>> third
            | pairs[(int) fourth >>> 6] >>> fourth;
    return (found & 1) != 0;
  }

  private static boolean isSpecial(byte[] table, byte[] bytes, int index, int to) {
    byte kind = table[bytes[index] & 0xFF];
    if (kind == 0) {
      return false;
    }
    if (kind == QUOTE || (kind == SPACE && bytes[index] == ' ')) {
      // One quote or blank alone is what it looks like.
      return index + 1 == to || (table[bytes[index + 1] & 0xFF] & ~BREAK) != 0;
    }
    return true;
  }

  /** Whether a value may begin with two bytes. */
  boolean begins(byte first, byte second) {
    int pair = (first & 0xFF) << 8 | (second & 0xFF);
    return (pairs[pair >>> 6] & 1L << pair) != 0;
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\t';
  }

  /** Returns the first index, at most {@code to}, of what is no blank. */
  static int skipBlanks(byte[] bytes, int from, int to) {
    int place = from;
    while (place < to && isBlank(bytes[place])) {
      place++;
    }
    return place;
  }

  // ---- forms that leave nothing of a value as it is ----

  /** Whether a form's beginning is found although blanks at the begin of lines are left out. */
  boolean mayBeJoined() {
    return mayBeJoined;
  }

  /** Returns the last index of the first signature in a text; {@code length} if there is none. */
  int firstSignature(byte[] text, int length) {
    return signatures.first(text, 0, length);
  }

  /**
   * Whether a text may end in the beginning of a form, of at least {@link #MIN_BYTES} bytes and
   * fewer than a signature has.
   */
  boolean mayEndInForm(byte[] text, int length) {
    int last = length - MIN_BYTES;
    for (int place = Math.max(0, length - SIGNATURE_BYTES + 1); place <= last; place++) {
      if (signatures.mayBegin(text, place)) {
        return true;
      }
    }
    return false;
  }

  /** Returns the first form whose signature ends in a state, -1 if there is none. */
  int first(int state) {
    return firstEntries[state];
  }

  /** Returns the next form with the same signature, -1 if there is none. */
  int next(int form) {
    return nextEntries[form];
  }

  /** Whether a form may be broken into lines. */
  boolean wraps(int form) {
    return kinds[form >>> 1] != RAW;
  }

  /** Returns the number of whole symbols of a form, each of them a byte of the text. */
  int length(int form) {
    return length(data[form >>> 1].length, kinds[form >>> 1]);
  }

  /** Whether a byte of the text is a symbol of a form. */
  boolean matches(int form, int index, byte b) {
    int kind = kinds[form >>> 1];
    int symbol = symbol(data[form >>> 1], kind, index);
    if (kind == RAW) {
      return (byte) symbol == b;
    }
    return (kind == HEX ? HEX_VALUES : BASE64_VALUES)[b & 0xFF] == symbol;
  }

  /** Returns the bits of the value in a last symbol that it shares with what follows, 0 to 5. */
  int restBits(int form) {
    int kind = kinds[form >>> 1];
    return kind == HEX || kind == RAW ? 0 : (8 * data[form >>> 1].length - firstBit(kind)) % 6;
  }

  /** Whether a byte of the text is the last symbol of a form, shared with what follows. */
  boolean matchesRest(int form, byte b) {
    int rest = restBits(form);
    int symbol = symbol(data[form >>> 1], kinds[form >>> 1], length(form));
    int value = BASE64_VALUES[b & 0xFF];
    return value >= 0 && value >> (6 - rest) == symbol >> (6 - rest);
  }

  private byte[] signature(int entry, boolean other) {
    int kind = kinds[entry];
    byte[] text = new byte[Math.min(SIGNATURE_BYTES, length(data[entry].length, kind))];
    String symbols = other ? URL_SAFE : STANDARD;
    if (kind == HEX) {
      symbols = other ? "0123456789ABCDEF" : "0123456789abcdef";
    }
    for (int i = 0; i < text.length; i++) {
      int symbol = symbol(data[entry], kind, i);
      text[i] = (byte) (kind == RAW ? symbol : symbols.charAt(symbol));
    }
    return text;
  }

  private int stateOf(byte[] signature) {
    int state = 0;
    for (byte label : signature) {
      state = signatures.child(state, label);
    }
    return state;
  }

  private static int length(int bytes, int kind) {
    return switch (kind) {
      case HEX -> 2 * bytes;
      case RAW -> bytes;
      default -> Math.max(0, (8 * bytes - firstBit(kind)) / 6);
    };
  }

  /**
   * Of Base64 in whose first group none, one or two bytes come before the value: the first bit of
   * the value whose symbol has none of theirs.
   */
  private static int firstBit(int kind) {
    return kind == 1 ? 0 : kind == 2 ? 4 : 2;
  }

  private static int symbol(byte[] bytes, int kind, int index) {
    if (kind == RAW) {
      return bytes[index];
    }
    if (kind == HEX) {
      return bytes[index >> 1] >> (index % 2 == 0 ? 4 : 0) & 0xF;
    }
    int bit = firstBit(kind) + 6 * index;
    int at = bit >> 3;
    int word = (bytes[at] & 0xFF) << 8 | (at + 1 < bytes.length ? bytes[at + 1] & 0xFF : 0);
    return word >> (10 - bit % 8) & 0x3F;
  }

  static int hexValue(byte b) {
    return HEX_VALUES[b & 0xFF];
  }
}
