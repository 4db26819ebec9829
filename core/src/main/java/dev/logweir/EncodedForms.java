package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/**
 * The encoded forms of values, for an {@link EncodedScan}. Immutable.
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

  /** Heap beside the automaton of the signatures and what is counted by {@link #size}. */
  static final int FIXED_BYTES = 16 + 8 * 1024 + SpecialBytes.FIXED_BYTES + 640;

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
  private final SpecialBytes specials;
  private final byte[][] data;
  private final byte[] kinds;
  private final int[] firstEntries;
  private final int[] nextEntries;
  private final long dataBytes;

  private EncodedForms(
      boolean escapes, boolean wideSpaces, boolean blanks, List<byte[]> data, List<Byte> kinds) {
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
    mayBeJoined = texts.stream().noneMatch(EncodedForms::mayLoseBytes);
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
    specials = new SpecialBytes(escapes, wideSpaces, blanks);
  }

  /**
   * Returns the forms of values.
   *
   * @param escapes whether encoded forms are looked for; else white space alone
   * @param texts the values to be encoded
   */
  static EncodedForms of(boolean escapes, boolean wideSpaces, Collection<String> texts) {
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
    return new EncodedForms(escapes, wideSpaces, blanks, data, kinds);
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

  /** Returns the first index, at most {@code to}, of a byte that may be other than it looks. */
  int special(byte[] bytes, int from, int to) {
    return specials.first(bytes, from, to);
  }

  /** Returns the same of whole lines, the end of each of which is no such byte. */
  int suspect(byte[] bytes, int from, int to) {
    return specials.firstInLines(bytes, from, to);
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

  /**
   * Returns the first index, at most {@code to}, from which {@link #breakEnd} finds a line's end.
   */
  int nextBreak(byte[] bytes, int from, int to) {
    int place = special(bytes, from, to);
    while (place < to && breakEnd(bytes, place, to) == place) {
      byte passed = bytes[place++];
      while (place < to && passed == '\\' && bytes[place] == '\\') {
        place++; // what such a run means, its end says
      }
      place = special(bytes, place, to);
    }
    return place;
  }

  /** Returns where a text goes on after a line's end, as it is or escaped; the place if none. */
  static int breakEnd(byte[] bytes, int place, int end) {
    int at = place;
    while (at < end) {
      byte b = bytes[at];
      if (b == '\n' || b == '\r') {
        at++;
      } else if (b == '\\') {
        int letter = at + 1;
        while (letter < end && bytes[letter] == '\\') {
          letter++;
        }
        if (letter == end || !isBreakLetter(bytes[letter])) {
          break;
        }
        at = letter + 1;
      } else {
        break;
      }
    }
    return at > place ? skipBlanks(bytes, at, end) : at;
  }

  /** Whether a byte means a line's end behind a backslash. */
  static boolean isBreakLetter(byte b) {
    return b == 'n' || b == 'r';
  }

  // ---- forms that leave nothing of a value as it is ----

  /** Whether a form's beginning is not found where line ends, and blanks behind, are left out. */
  private static boolean mayLoseBytes(byte[] signature) {
    boolean lost = isBlank(signature[0]) || signature[signature.length - 1] == '\\';
    for (int i = 0; i < signature.length; i++) {
      lost |= signature[i] == '\r';
      lost |= i > 0 && signature[i - 1] == '\\' && isBreakLetter(signature[i]);
    }
    return lost;
  }

  /** Whether a form's beginning is found although line ends, and blanks behind, are left out. */
  boolean mayBeJoined() {
    return mayBeJoined;
  }

  /**
   * Returns the last index of the first signature in a text that begins at an index or after;
   * {@code length} if there is none.
   */
  int firstSignature(byte[] text, int from, int length) {
    return signatures.first(text, from, length);
  }

  /**
   * Whether a text may end in the beginning of a form, of at least {@link #MIN_BYTES} bytes and
   * fewer than a signature has.
   */
  boolean mayEndInForm(byte[] text, int length) {
    int last = length - MIN_BYTES;
    for (int place = Math.max(0, length - SIGNATURE_BYTES + 1); place <= last; place++) {
      if (signatures.mayBegin(text, place) && isBeginning(text, place, length)) {
        return true;
      }
    }
    return false;
  }

  private boolean isBeginning(byte[] text, int from, int to) {
    int state = 0;
    int place = from;
    do {
      state = signatures.child(state, text[place++]);
    } while (state != 0 && place < to);
    return state != 0;
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
