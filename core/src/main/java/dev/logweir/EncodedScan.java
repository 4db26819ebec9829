package dev.logweir;

import java.util.Objects;

/**
 * Finds encoded values in a text that comes in parts: runs of bytes, one after the other by where
 * they begin.
 *
 * <p>Two searches go on side by side, each up to its next run: one reads escapes, from the places
 * before a special byte on; one looks for the signatures of what leaves nothing as it is. What
 * meets the end of a line within a form that is broken into lines goes on with the next line.
 */
final class EncodedScan {
  /** Heap of this object, with its walk. */
  static final int FIXED_BYTES = 704 + EscapeWalk.FIXED_BYTES;

  static final int NONE = Integer.MAX_VALUE;

  private static final int MIN_CUT_TAIL = 4;

  private final EscapeWalk walk = new EscapeWalk();

  private EncodedForms forms;
  private MaskerAutomaton values;
  private MaskerAutomaton signatures;
  private EscapeStarts starts;
  private byte[] bytes = Segment.NO_BYTES;
  private int end;
  private PartEnd partEnd = PartEnd.ENDS;
  private boolean ends;
  private int maxOpen;

  /** Whether a line begins with the part, and how much of the part was in those before. */
  private boolean lineBegins;

  private int held;

  /** Where the next run begins, and where it ends. */
  private int start;

  private int runEnd;

  /** Where the first value may begin that goes on after the text. */
  private int openStart;

  /** What is the beginning of a value at the end: of one of at least 4 bytes. */
  private int tailStart;

  private int tailEnd;

  private int first;

  /** Where the first special byte is, for both searches. */
  private int firstSpecial;

  private int escapeFrom;
  private int special;
  private int escapeStart;
  private int escapeEnd;
  private int formFrom;
  private int lineBreak;
  private int formStart;
  private int formEnd;
  private int matched;

  private final OpenForms open = new OpenForms();

  /** Searches whole lines, between parts, with the same walk. */
  private final EscapedLines lines = new EscapedLines(walk);

  EncodedScan(MaskerValues all, EncodedForms forms) {
    values = all.plain();
    this.forms = forms;
    signatures = forms.signatures;
    starts = Objects.requireNonNull(all.starts());
  }

  EscapedLines lines() {
    return lines;
  }

  /** What comes next begins a line: a form may go on in it that the line before ended in. */
  void beginLine() {
    lineBegins = true;
  }

  /** Says how many bytes at the beginning of the next part were in the parts before. */
  void setHeld(int heldBytes) {
    held = heldBytes;
  }

  /** Begins a part. */
  void begin(MaskerValues all, byte[] text, int from, int to, PartEnd partEnd) {
    EncodedForms allForms = Objects.requireNonNull(all.forms());
    if (allForms != forms) {
      forms = allForms;
      values = all.plain();
      signatures = forms.signatures;
      starts = Objects.requireNonNull(all.starts());
      open.clear(); // its states are those of the forms before
    }
    bytes = text;
    end = to;
    this.partEnd = partEnd;
    ends = partEnd != PartEnd.OPEN;
    maxOpen = maxOpen(values.longest());
    openStart = NONE;
    tailStart = NONE;
    tailEnd = -1;
    open.beginPart();
    walk.begin(values, forms, bytes, end, !ends);
    first = from;
    firstSpecial = forms.special(bytes, from, end);
    special = firstSpecial;
    escapeFrom = Math.max(from, special - values.longest());
    formFrom = from;
    lineBreak = -1;
    int carriedStart = from + held;
    if (lineBegins && open.count() > 0) {
      carriedStart = EncodedForms.skipBlanks(bytes, carriedStart, end);
    }
    lineBegins = false;
    int carriedEnd = goOn(carriedStart);
    nextEscape();
    nextForm();
    if (carriedEnd > carriedStart) {
      start = carriedStart;
      runEnd = carriedEnd;
    } else {
      next();
    }
  }

  /** Returns the most bytes of the text that are held back for values of at most a length. */
  static int maxOpen(int longest) {
    return EncodedForms.MAX_BYTES_A_BYTE * longest + 64;
  }

  /** Whether there is nothing in the part to be masked or held back. */
  boolean isQuiet() {
    return start == NONE && tailStart == NONE && (ends || openStart == NONE);
  }

  /** Returns where the next run begins, or the largest number there is. */
  int start() {
    return start;
  }

  int runEnd() {
    return runEnd;
  }

  /** Goes on to the next run. */
  void next() {
    if (escapeStart <= formStart) {
      start = escapeStart;
      runEnd = escapeEnd;
      if (start != NONE) {
        nextEscape();
      }
    } else {
      start = formStart;
      runEnd = formEnd;
      nextForm();
    }
  }

  /**
   * Returns where the first value begins that may go on after the text, of those that begin before
   * the next run; the largest number there is if there is none.
   */
  int openStart() {
    return openStart;
  }

  /** Returns where the beginning of a value at the end begins; the largest number for none. */
  int tailStart() {
    return tailStart;
  }

  int tailEnd() {
    return tailEnd;
  }

  /** Ends a part: lets go of the text, and keeps what goes on with the next line. */
  void finish() {
    bytes = Segment.NO_BYTES;
    walk.letGo();
    open.endPart(partEnd);
  }

  /** Forgets what goes on with the next line. */
  void clear() {
    open.clear();
  }

  /**
   * Whether a form that the line before ended in may go on with a line. If none does, they are
   * forgotten.
   *
   * @param from where the line begins
   * @param to behind its end, or that of a later line
   */
  boolean goesOn(EncodedForms allForms, byte[] text, int from, int to) {
    if (open.count() == 0) {
      return false;
    }
    int place = EncodedForms.skipBlanks(text, from, to);
    if (allForms == forms && (place == to || mayGoOn(text[place]))) {
      return true;
    }
    open.clear();
    return false;
  }

  private boolean mayGoOn(byte b) {
    if (b == '\n' || b == '\r' || b == '\\') {
      return true;
    }
    for (int i = 0; i < open.count(); i++) {
      int form = open.form(i);
      if (form < 0 ? signatures.child(~form, b) != 0 : forms.matches(form, open.index(i), b)) {
        return true;
      }
    }
    return false;
  }

  // ---- escapes ----

  private void nextEscape() {
    escapeStart = NONE;
    while (true) {
      if (special < escapeFrom) {
        special = forms.special(bytes, escapeFrom, end);
        escapeFrom = Math.max(escapeFrom, special - values.longest());
      }
      if (special >= end) {
        return;
      }
      while (escapeFrom <= special) {
        int place = starts.next(bytes, first, escapeFrom, special, end);
        escapeFrom = Math.min(place, special) + 1;
        if (place <= special && walkFrom(place)) {
          return;
        }
      }
    }
  }

  private boolean walkFrom(int place) {
    walk.walk(place);
    int last = walk.matchedEnd;
    if (walk.openDepth >= 0) {
      if (partEnd == PartEnd.CUT && walk.openDepth >= MIN_CUT_TAIL) {
        tail(place, end);
      }
      if (open(place)) {
        last = end;
      }
    }
    if (last < 0) {
      return false;
    }
    escapeStart = place;
    escapeEnd = last;
    return true;
  }

  /**
   * Notes that a value may go on after the text. Returns whether it is too long to be held back: it
   * is masked then, and its rest not known.
   */
  private boolean open(int place) {
    if (!ends && end - place > maxOpen) {
      return true;
    }
    openStart = Math.min(openStart, place);
    return false;
  }

  private void tail(int from, int to) {
    tailStart = Math.min(tailStart, from);
    tailEnd = Math.max(tailEnd, to);
  }

  // ---- forms that leave nothing as it is ----

  private void nextForm() {
    formStart = NONE;
    while (forms.escapes && formFrom < end) {
      if (lineBreak < formFrom) {
        lineBreak = forms.nextBreak(bytes, Math.max(formFrom, firstSpecial), end);
      }
      int place = signatures.skip(bytes, formFrom, lineBreak);
      formFrom = place + 1;
      if (place < lineBreak) {
        matched = -1;
        walkSignature(place, 0, place);
        if (matched > place) {
          formStart = place;
          formEnd = matched;
          return;
        }
      }
    }
  }

  private void walkSignature(int from, int before, int place) {
    int state = before;
    int at = place;
    while (signatures.goesOn(state)) {
      if (at >= end) {
        open(from, at, ~state, signatures.depth(state));
        return;
      }
      int next = state == 0 ? signatures.root(bytes[at]) : signatures.child(state, bytes[at]);
      if (next == 0) {
        int after = state == 0 ? at : EncodedForms.breakEnd(bytes, at, end);
        if (after == at) {
          return;
        }
        if (after == end) {
          open(from, at, ~state, signatures.depth(state));
          return;
        }
        at = after;
        continue;
      }
      state = next;
      at++;
      for (int form = forms.first(state); form >= 0; form = forms.next(form)) {
        walkForm(from, form, signatures.depth(state), at);
      }
    }
  }

  private void walkForm(int from, int form, int before, int place) {
    int index = before;
    int at = place;
    int length = forms.length(form);
    while (index < length) {
      if (at < end && forms.matches(form, index, bytes[at])) {
        index++;
        at++;
        continue;
      }
      int after = forms.wraps(form) ? EncodedForms.breakEnd(bytes, at, end) : at;
      if (after == end || at == end) {
        open(from, at, form, index);
        return;
      }
      if (after == at) {
        return;
      }
      at = after;
    }
    matched = Math.max(matched, restEnd(from, form, at));
  }

  /** Returns the end of a form with the symbol that it shares, and what fills up its group. */
  private int restEnd(int from, int form, int place) {
    if (forms.restBits(form) == 0) {
      return place;
    }
    int at = place;
    if (at < end && forms.matchesRest(form, bytes[at])) {
      at++;
      while (at < end && at - place < 3 && bytes[at] == '=') {
        at++;
      }
    }
    if (at == end && at - place < 3) {
      open(from);
    }
    return at;
  }

  private void open(int from, int at, int form, int index) {
    if (open(from)) {
      matched = end;
    }
    if (ends && index >= EncodedForms.MIN_BYTES) {
      tail(from, at);
    }
    if (index > 0 && (form < 0 || forms.wraps(form))) {
      open.found(form, index);
    }
  }

  /** Goes on with the forms that the line before ended in; returns the end of the longest run. */
  private int goOn(int from) {
    if (open.count() == 0) {
      return from;
    }
    matched = -1;
    for (int i = 0; i < open.count(); i++) {
      int form = open.form(i);
      if (form < 0) {
        walkSignature(from, ~form, from);
      } else {
        walkForm(from, form, open.index(i), from);
      }
    }
    open.wentOn();
    int last = Math.max(matched, tailEnd);
    if (open.hasFound() && !ends) {
      // The rest of the line goes on from here, not from what would be held back.
      last = end;
    }
    openStart = NONE;
    tailStart = NONE;
    tailEnd = -1;
    return last;
  }
}
