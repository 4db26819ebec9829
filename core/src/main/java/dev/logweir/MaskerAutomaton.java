package dev.logweir;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * Finds many values in bytes: an Aho-Corasick automaton, and in front of it a table of blocks that
 * tells how far ahead the next value can begin (after Wu and Manber).
 *
 * <p>Immutable. A state is the beginning of a value; 0 is the empty one. It costs {@link
 * #STATE_BYTES}.
 */
final class MaskerAutomaton {
  /*
   * The search goes from place to place at which a value can begin (skip), and on from there state
   * by state (first). Most places are passed over without a look at each byte: the window is the
   * first bytes of each value, as many as the shortest has, 32 at most. A block is the last 3 or 4
   * bytes of a window. The table has one byte for each hash of a block: in SHIFT how far the
   * window can be moved on, as no value has that block nearer to its end, and in START whether a
   * value begins with such 4 bytes. Where SHIFT is 0, the beginning is asked too, before the
   * states are.
   *
   * Two blocks may have one entry, which then has the smaller SHIFT and the START of both: that
   * costs time, but never hides a value. Values of fewer than 4 bytes are looked for with blocks
   * from their first byte on (skipBytes).
   */

  /** The longest value, in bytes. */
  static final int MAX_LENGTH = Character.MAX_VALUE;

  static final int STATE_BYTES = 1 + 4 + 4 + 4 + 2 + 2;

  /**
   * Heap of what is there beside the states: objects, headers, the tables of the root and of
   * blocks.
   */
  static final int FIXED_BYTES = 256 + 9 * 24 + 256 * 4 + (1 << 16);

  /** Heap needed for a state while an automaton is built. */
  static final int BUILD_BYTES = 4 + 4;

  static final MaskerAutomaton EMPTY = new MaskerAutomaton();

  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  /** Going back so far to skip is cheaper than to go on byte by byte. */
  static final int MAX_REWIND = 2;

  private static final int MAX_WINDOW = 32;
  private static final int WORD_WINDOW = 4;
  private static final int WIDE_WINDOW = 10;
  private static final int MIN_BITS = 12;
  private static final int MAX_BITS = 14;
  private static final int LARGE_BITS = 16;

  /**
   * Of a block's entry: how far the next value is at least, and whether a value starts with the
   * block.
   */
  private static final int SHIFT = 0x7F;

  private static final byte START = (byte) 0x80;
  private static final int GOLDEN = 0x9E3779B1;

  private int states = 1;
  private byte[] labels;
  private int[] children;
  private int[] siblings;
  private int[] fails;
  private char[] depths;

  /** Length of the longest value that ends in a state, 0 if none does. */
  private char[] matches;

  private final int[] roots = new int[256];
  private int shortest = Integer.MAX_VALUE;
  private int longest;

  /** Number of leading bytes of each value that the table of blocks knows. */
  private int window;

  private int blockShift;
  private int hashShift;
  private byte[] blocks = Segment.NO_BYTES;

  private MaskerAutomaton() {
    labels = new byte[1];
    children = new int[1];
    siblings = new int[1];
    fails = new int[1];
    depths = new char[1];
    matches = new char[1];
  }

  private MaskerAutomaton(MaskerAutomaton from, List<byte[]> values) {
    long room = from.states;
    for (byte[] value : values) {
      room += value.length;
    }
    states = from.states;
    resize(from, Math.toIntExact(room));
    for (byte[] value : values) {
      insert(value);
    }
    resize(this, states);
    link();
  }

  /** Returns an automaton that finds these values too, each of 1 to {@link #MAX_LENGTH} bytes. */
  MaskerAutomaton with(List<byte[]> values) {
    return values.isEmpty() ? this : new MaskerAutomaton(this, values);
  }

  /** Returns the number of states: 1 and at most one for each byte of a value. */
  int states() {
    return states;
  }

  /**
   * Returns the length of the shortest value in bytes; the largest number there is if there is no
   * value.
   */
  int shortest() {
    return shortest;
  }

  int longest() {
    return longest;
  }

  /** Returns how many bytes of each value the search knows at once; 0 if there is no value. */
  int window() {
    return window;
  }

  /** Returns the state that a byte leads to, 0 if no value goes on so. */
  int child(int state, byte label) {
    return state == 0 ? root(label) : listed(state, label);
  }

  private int listed(int state, byte label) {
    int child = children[state];
    while (child != 0 && labels[child] != label) {
      child = siblings[child];
    }
    return child;
  }

  /** Returns the state that a value's first byte leads to, 0 if no value begins so. */
  int root(byte label) {
    return roots[label & 0xFF];
  }

  /** Whether a value goes on from a state. */
  boolean goesOn(int state) {
    return children[state] != 0;
  }

  /** Whether a state is a value. */
  boolean isValue(int state) {
    return state != 0 && matches[state] == depths[state];
  }

  /** Returns a bit for each two bytes that a value begins with. */
  long[] pairs() {
    long[] bits = new long[1 << 10];
    for (int first = children[0]; first != 0; first = siblings[first]) {
      for (int second = children[first]; second != 0; second = siblings[second]) {
        int pair = (labels[first] & 0xFF) << 8 | (labels[second] & 0xFF);
        bits[pair >>> 6] |= 1L << pair;
      }
    }
    return bits;
  }

  int depth(int state) {
    return depths[state];
  }

  /** Returns the length of the longest value that ends in a state, 0 if none does. */
  int matched(int state) {
    return matches[state];
  }

  /**
   * Returns the state of the longest end of a state that can still become a value, or a longer one.
   */
  int extendable(int state) {
    int from = state;
    while (from != 0 && children[from] == 0) {
      from = fails[from];
    }
    return from;
  }

  int next(int state, byte label) {
    int from = state;
    while (from != 0) {
      int to = listed(from, label);
      if (to != 0) {
        return to;
      }
      from = fails[from];
    }
    return roots[label & 0xFF];
  }

  /** Returns the last index of the value that ends first; {@code to} if there is none. */
  int first(byte[] bytes, int from, int to) {
    int position = from;
    while (true) {
      position = skip(bytes, position, to);
      if (to - position < shortest) {
        return to;
      }
      int start = position;
      int state = 0;
      int depth;
      do {
        if (position == to) {
          return to;
        }
        state = next(state, bytes[position++]);
        if (matches[state] > 0) {
          return position - 1;
        }
        depth = depths[state];
      } while (depth > MAX_REWIND || position - depth <= start);
      position -= depth;
    }
  }

  /** Whether a value may begin at an index, behind which there are 4 bytes or more. */
  boolean mayBegin(byte[] bytes, int index) {
    return window >= WORD_WINDOW
        ? (blocks[hash((int) INTS.get(bytes, index))] & START) != 0
        : window > 0;
  }

  /**
   * Whether a value may begin, with its first {@link #window} bytes of 4 and more, 4 bytes before
   * an index or earlier, and have the window end there or behind.
   */
  boolean mayReach(byte[] bytes, int end) {
    int word = (int) INTS.get(bytes, end - Integer.BYTES);
    int most = window - Integer.BYTES + 1 + (blockShift >>> 3);
    return (blocks[hash(word >>> blockShift)] & SHIFT) != most;
  }

  /**
   * Returns the first index, at most {@code to}, at which a value can begin; the bytes after {@code
   * to} are not known.
   */
  int skip(byte[] bytes, int from, int to) {
    if (window >= WORD_WINDOW) {
      return skipBlocks(bytes, from, to);
    }
    return window == 0 ? to : skipBytes(bytes, from, to);
  }

  private int skipBlocks(byte[] bytes, int from, int to) {
    byte[] table = blocks;
    int dropped = blockShift;
    int lastBlock = window - Integer.BYTES;
    int most = lastBlock + 1 + (dropped >>> 3);
    int last = to - window;
    int index = from;
    while (index <= last) {
      int word = (int) INTS.get(bytes, index + lastBlock);
      int entry = table[hash(word >>> dropped)];
      // Compared, not added, so that the processor goes ahead without waiting for the table.
      if (entry == most) {
        index += most;
        continue;
      }
      int shift = entry & SHIFT;
      if (shift == 0) {
        if ((table[hash((int) INTS.get(bytes, index))] & START) != 0) {
          return index;
        }
        shift = 1;
      }
      index += shift;
    }
    return index;
  }

  private int skipBytes(byte[] bytes, int from, int to) {
    if (to - from < window) {
      return from;
    }
    byte[] table = blocks;
    int top = 8 * (window - 1);
    int word = 0;
    for (int i = from; i < from + window - 1; i++) {
      word = word >>> 8 | (bytes[i] & 0xFF) << top;
    }
    for (int i = from + window - 1; i < to; i++) {
      word = word >>> 8 | (bytes[i] & 0xFF) << top;
      if (table[hash(word)] == 0) {
        return i - window + 1;
      }
    }
    return to - window + 1;
  }

  private int hash(int block) {
    return (block * GOLDEN) >>> hashShift;
  }

  private void resize(MaskerAutomaton from, int room) {
    labels = Arrays.copyOf(from.labels, room);
    children = Arrays.copyOf(from.children, room);
    siblings = Arrays.copyOf(from.siblings, room);
    fails = Arrays.copyOf(from.fails, room);
    depths = Arrays.copyOf(from.depths, room);
    matches = Arrays.copyOf(from.matches, room);
  }

  private void insert(byte[] value) {
    int state = 0;
    for (byte label : value) {
      int child = listed(state, label);
      if (child == 0) {
        child = states++;
        labels[child] = label;
        siblings[child] = children[state];
        children[state] = child;
        depths[child] = (char) (depths[state] + 1);
      }
      state = child;
    }
    matches[state] = depths[state];
  }

  /** Fills what depends on all values; goes through the states in the order of their depth. */
  private void link() {
    int[] order = new int[states];
    int[] words = new int[states];
    int filled = 1;
    for (int i = 0; i < filled; i++) {
      int parent = order[i];
      for (int state = children[parent]; state != 0; state = siblings[state]) {
        order[filled++] = state;
        words[state] = words[parent] >>> 8 | labels[state] << 24;
        boolean value = matches[state] == depths[state];
        if (value) {
          shortest = Math.min(shortest, depths[state]);
          longest = Math.max(longest, depths[state]);
        }
        if (parent == 0) {
          roots[labels[state] & 0xFF] = state;
          fails[state] = 0;
        } else {
          fails[state] = next(fails[parent], labels[state]);
        }
        if (!value) {
          matches[state] = matches[fails[state]];
        }
      }
    }
    window = Math.min(shortest, MAX_WINDOW);
    fillBlocks(order, words);
  }

  private void fillBlocks(int[] order, int[] words) {
    int block = window >= WIDE_WINDOW ? 4 : Math.min(window, 3);
    // Short windows are looked at from their first byte on, long ones from their last.
    int deepest = window >= WORD_WINDOW ? window : block;
    blockShift = window >= WORD_WINDOW ? 32 - 8 * block : 0;
    int count = 0;
    while (count < states && depths[order[count]] <= deepest) {
      count++;
    }
    int bits = 36 - Integer.numberOfLeadingZeros(count);
    bits = Math.max(MIN_BITS, Math.min(bits > MAX_BITS ? LARGE_BITS : MAX_BITS, bits));
    hashShift = 32 - bits;
    blocks = new byte[1 << bits];
    Arrays.fill(blocks, (byte) (deepest - block + 1));
    for (int i = 0; i < count; i++) {
      int state = order[i];
      int depth = depths[state];
      if (depth >= block) {
        int index = hash(words[state] >>> (32 - 8 * block));
        blocks[index] =
            (byte) ((blocks[index] & START) | Math.min(blocks[index] & SHIFT, deepest - depth));
      }
      if (window >= WORD_WINDOW && depth == Integer.BYTES) {
        blocks[hash(words[state])] |= START;
      }
    }
  }
}
