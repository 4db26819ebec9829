package dev.logweir;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Masks the values of an automaton in one text that comes in parts.
 *
 * <p>An index below the part's offset is in the bytes held back from the parts before. A run is a
 * range to be masked; it waits until no value that ends later can reach it. At the end of a part,
 * what may be the beginning of a value is held back and searched again with the next part, so that
 * neither a state of the automaton nor a run is kept.
 */
abstract class MaskerScan {
  static final byte[] MASK = "**********".getBytes(US_ASCII);

  private static final int MIN_CUT_TAIL = 4;

  private static final int KEPT_RUNS = 32;
  private static final int NONE = EncodedScan.NONE;
  private static final int[] NO_RUNS = {};

  private byte[] held = Segment.NO_BYTES;
  private int heldLength;

  /** How far the last mask reaches into what is held; 0 if it ends just before, -1 if earlier. */
  private int covered = -1;

  private byte[] bytes = Segment.NO_BYTES;
  private int offset;
  private int heldStart;
  private int passed;
  private int[] runs = NO_RUNS;
  private int firstRun;
  private int runsEnd;
  private boolean firstRunPassed;
  private @Nullable ByteTarget target;

  /** The search for encoded values, once there are any; and the same while a part is masked. */
  private @Nullable EncodedScan encodedScan;

  private @Nullable EncodedScan encoded;

  /**
   * Starts the masked text; called at most once a part, and only if that is not the part itself.
   */
  abstract ByteTarget begin();

  /** Whether a text's end is the end of a line, with which a form may be broken into lines. */
  abstract boolean linesFollow();

  /** Returns the number of bytes held back since the last part. */
  final int heldBack() {
    return heldLength;
  }

  /** Forgets what is held back: another line begins. */
  final void clear() {
    held = Segment.NO_BYTES;
    heldLength = 0;
    covered = -1;
    if (encodedScan != null) {
      encodedScan.beginLine();
    }
  }

  /** Whether what the last line ended in may go on with the lines that begin at an index. */
  final boolean goesOn(EncodedForms forms, byte[] bytes, int from, int to) {
    return encodedScan != null && encodedScan.goesOn(forms, bytes, from, to);
  }

  /** Forgets what goes on with the next line. */
  final void clearLines() {
    if (encodedScan != null) {
      encodedScan.clear();
    }
  }

  /** Masks a part. */
  final void scan(MaskerValues values, byte[] part, int partOffset, int length, PartEnd partEnd) {
    // Most lines end here: a method that is small enough to be compiled into its caller.
    if (values.forms() == null && heldLength == 0 && covered < 0) {
      MaskerAutomaton automaton = values.plain();
      int end = partOffset + length;
      int position = automaton.skip(part, partOffset, end);
      if (position == end || (partEnd == PartEnd.ENDS && end - position < automaton.shortest())) {
        return;
      }
    }
    scanAll(values, part, partOffset, length, partEnd);
  }

  private void scanAll(
      MaskerValues values, byte[] part, int partOffset, int length, PartEnd partEnd) {
    boolean ends = partEnd != PartEnd.OPEN;
    boolean cut = partEnd == PartEnd.CUT;
    MaskerAutomaton automaton = values.plain();
    EncodedForms forms = values.forms();
    byte[] text = part;
    int from = partOffset;
    int end = partOffset + length;
    int heldBefore = heldLength;
    if (forms != null) {
      if (heldBefore > 0) {
        text = Arrays.copyOf(held, heldBefore + length);
        System.arraycopy(part, partOffset, text, heldBefore, length);
        from = 0;
        end = text.length;
        heldBefore = 0;
      }
      encoded = encodedScan(values, forms);
      encoded.begin(values, text, from, end, partEnd);
    }
    int position = from;
    if (heldLength == 0 && covered < 0 && (encoded == null || encoded.isQuiet())) {
      position = automaton.skip(text, from, end);
      if (position == end || (ends && !cut && end - position < automaton.shortest())) {
        letGo();
        return;
      }
    }
    bytes = text;
    offset = from;
    heldStart = from - heldBefore;
    passed = heldStart;
    firstRunPassed = covered >= 0;
    if (firstRunPassed) {
      addRun(heldStart - 1, heldStart + covered);
    }
    int state = 0;
    for (int i = 0; i < heldBefore; i++) {
      state = automaton.next(state, held[i]);
      found(automaton, state, heldStart + i + 1);
    }
    state = scan(automaton, state, position, end, ends && !cut);
    int settled = end - automaton.depth(automaton.extendable(state));
    if (cut && end - settled >= MIN_CUT_TAIL) {
      addRun(settled, end);
    }
    settled = ends ? end : settled;
    if (encoded != null) {
      addEncoded(NONE);
      if (ends && (cut || linesFollow()) && encoded.tailStart() != NONE) {
        addRun(encoded.tailStart(), encoded.tailEnd());
      }
      settled = ends ? end : Math.min(settled, encoded.openStart());
    }
    finish(end, settled, ends);
    letGo();
  }

  /** Returns the search for encoded values. */
  final EncodedScan encodedScan(MaskerValues values, EncodedForms forms) {
    EncodedScan search = encodedScan;
    if (search == null) {
      search = new EncodedScan(values, forms);
      encodedScan = search;
    }
    search.setHeld(heldLength);
    return search;
  }

  private void letGo() {
    if (encoded != null) {
      encoded.finish();
      encoded = null;
    }
    bytes = Segment.NO_BYTES;
    target = null;
  }

  private int scan(
      MaskerAutomaton automaton, int stateBefore, int from, int end, boolean wholeOnly) {
    int state = stateBefore;
    int position = from;
    while (true) {
      if (state == 0) {
        position = automaton.skip(bytes, position, end);
        if (wholeOnly && end - position < automaton.shortest()) {
          return 0;
        }
      }
      int start = Math.max(position - automaton.depth(state), offset - 1);
      int depth;
      do {
        if (position == end) {
          return state;
        }
        state = automaton.next(state, bytes[position++]);
        found(automaton, state, position);
        depth = automaton.depth(state);
      } while (depth > MaskerAutomaton.MAX_REWIND || position - depth <= start);
      position -= depth;
      state = 0;
    }
  }

  private void found(MaskerAutomaton automaton, int state, int end) {
    int matched = automaton.matched(state);
    if (matched > 0) {
      int settled = end - automaton.depth(state);
      if (encoded != null) {
        addEncoded(end);
        settled = Math.min(settled, Math.min(encoded.start(), encoded.openStart()));
      }
      passRuns(settled);
      addRun(end - matched, end);
    }
  }

  /** Adds the runs of encoded values that begin before an index. */
  private void addEncoded(int before) {
    EncodedScan search = encoded;
    while (search != null && search.start() < before) {
      addRun(search.start(), search.runEnd());
      search.next();
    }
  }

  /** Passes on, masked, the runs that nothing found from {@code settled} on can reach. */
  private void passRuns(int settled) {
    while (firstRun < runsEnd && runs[firstRun + 1] < settled) {
      passRun();
    }
  }

  private void passRun() {
    int end = runs[firstRun + 1];
    if (!firstRunPassed) {
      passText(runs[firstRun]);
      target().append(MASK, 0, MASK.length);
    } else if (end > passed) {
      // The mask went out before; what it covers here is left out.
      target();
    }
    firstRunPassed = false;
    passed = end;
    firstRun += 2;
  }

  private void passText(int to) {
    int from = passed;
    if (from < Math.min(offset, to)) {
      int heldEnd = Math.min(offset, to);
      target().append(held, from - heldStart, heldEnd - from);
      from = heldEnd;
    }
    if (from < to) {
      target().append(bytes, from, to - from);
    }
    passed = Math.max(passed, to);
  }

  /**
   * Adds a run, joined with those that it overlaps or adjoins. It ends after all others but the one
   * that came with what was held back.
   */
  private void addRun(int start, int last) {
    int from = start;
    int end = last;
    while (runsEnd > firstRun && runs[runsEnd - 1] >= from) {
      end = Math.max(end, runs[runsEnd - 1]);
      runsEnd -= 2;
      from = Math.min(from, runs[runsEnd]);
    }
    if (runsEnd == runs.length) {
      int count = runsEnd - firstRun;
      boolean roomAtStart = firstRun > runs.length / 2;
      int[] room = roomAtStart ? runs : new int[Math.max(8, 2 * count)];
      System.arraycopy(runs, firstRun, room, 0, count);
      runs = room;
      firstRun = 0;
      runsEnd = count;
    }
    runs[runsEnd] = from;
    runs[runsEnd + 1] = end;
    runsEnd += 2;
  }

  private void finish(int end, int settled, boolean ends) {
    int coveredNow = -1;
    while (firstRun < runsEnd && runs[firstRun] < settled) {
      passRun();
      coveredNow = passed - settled;
    }
    if (heldLength > 0 || settled < end) {
      target();
    }
    if (target != null && coveredNow < 0) {
      passText(settled);
    }
    if (ends) {
      clear();
    } else {
      hold(settled, end);
      covered = Math.max(coveredNow, -1);
    }
    firstRun = 0;
    runsEnd = 0;
    if (runs.length > KEPT_RUNS) {
      runs = NO_RUNS;
    }
  }

  private void hold(int from, int end) {
    int count = end - from;
    byte[] room = count <= held.length ? held : new byte[count];
    int heldBefore = Math.max(0, Math.min(offset, end) - from);
    if (heldBefore > 0) {
      System.arraycopy(held, from - heldStart, room, 0, heldBefore);
    }
    System.arraycopy(bytes, from + heldBefore, room, heldBefore, count - heldBefore);
    held = room;
    heldLength = count;
  }

  private ByteTarget target() {
    ByteTarget begun = target;
    if (begun == null) {
      begun = begin();
      target = begun;
    }
    return begun;
  }
}
