package dev.logweir;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Masks one stream of a job. */
final class MaskerStream extends MaskerScan implements RunProcessor {
  /** Heap of this object beside the bytes held back and the runs. */
  static final int FIXED_BYTES = 512;

  private final Supplier<MaskerValues> masker;
  private final EncodedRuns runs = new EncodedRuns();
  private @Nullable LogLine line;

  /**
   * @param masker what is looked for at the time
   */
  MaskerStream(Supplier<MaskerValues> masker) {
    this.masker = masker;
  }

  @Override
  public void process(LogLine line) {
    if (line.isFirst()) {
      clear();
    }
    this.line = line;
    scan(masker.get(), line.array(), line.offset(), line.length(), endOf(line));
    line.holdBack(heldBack());
    this.line = null;
  }

  private static PartEnd endOf(LogLine line) {
    if (line.isCut() || line.isUnended()) {
      return PartEnd.CUT;
    }
    return line.isLast() ? PartEnd.ENDS : PartEnd.OPEN;
  }

  /**
   * A value as it is has no line end in it, so that a run is searched as one text; what else it may
   * look like can go on over lines.
   */
  @Override
  public int plainUntil(byte[] bytes, int from, int end) {
    MaskerValues values = masker.get();
    EncodedForms forms = values.forms();
    if (forms != null && goesOn(forms, bytes, from, end)) {
      return from;
    }
    if (forms != null && forms.escapes) {
      return runs.plainUntil(encodedScan(values, forms).lines(), values, bytes, from, end);
    }
    int found = values.plain().first(bytes, from, end);
    int to = found == end ? end : Newlines.last(bytes, from, found) + 1;
    return forms == null
        ? to
        : encodedScan(values, forms).lines().plainUntil(values, bytes, from, to);
  }

  @Override
  public void gap() {
    clearLines();
  }

  @Override
  boolean linesFollow() {
    return true;
  }

  @Override
  ByteTarget begin() {
    LogLine current = line;
    if (current == null) {
      throw new IllegalStateException("no line");
    }
    return current.beginReplacement();
  }
}
