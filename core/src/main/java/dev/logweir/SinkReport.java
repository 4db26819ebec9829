package dev.logweir;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * The balance of one sink: accepted = shipped + filtered + dropped + held, in lines and in bytes.
 * Immutable.
 */
public final class SinkReport {
  /** How many gaps a report lists. */
  public static final int MAX_GAPS = 32;

  private final Tally accepted;
  private final Tally shipped;
  private final Tally filtered;
  private final Map<DropReason, Tally> dropped;
  private final Tally held;
  private final Tally unconfirmed;
  private final long batches;
  private final long sentBytes;
  private final List<Gap> gaps;
  private final long moreGaps;
  private final long addedBytesDropped;

  SinkReport(Values values) {
    accepted = values.accepted;
    shipped = values.shipped;
    filtered = values.filtered;
    dropped = Collections.unmodifiableMap(values.dropped);
    held = values.held;
    unconfirmed = values.unconfirmed;
    batches = values.batches;
    sentBytes = values.sentBytes;
    gaps = List.copyOf(values.gaps);
    moreGaps = values.moreGaps;
    addedBytesDropped = values.addedBytesDropped;
  }

  /** What a report is made of, to be filled by name. */
  static final class Values {
    Tally accepted = Tally.NONE;
    Tally shipped = Tally.NONE;
    Tally filtered = Tally.NONE;
    Tally held = Tally.NONE;
    Tally unconfirmed = Tally.NONE;
    long batches;
    long sentBytes;
    long moreGaps;
    long addedBytesDropped;

    /** Taken over, not copied. */
    final EnumMap<DropReason, Tally> dropped = new EnumMap<>(DropReason.class);

    final List<Gap> gaps = new ArrayList<>();
  }

  /** Returns what the job wrote before its end. */
  public Tally accepted() {
    return accepted;
  }

  /** Returns what was in batches whose {@code send} returned normally. */
  public Tally shipped() {
    return shipped;
  }

  /** Returns what processors removed on purpose. */
  public Tally filtered() {
    return filtered;
  }

  /** Returns what was lost, by reason; reasons without a loss are left out. Read-only. */
  public Map<DropReason, Tally> dropped() {
    return dropped;
  }

  /** Returns what is still on its way; nothing in a final report. */
  public Tally held() {
    return held;
  }

  /**
   * Returns the part of what was dropped in sending that the sender had written in full without
   * getting an answer.
   */
  public Tally unconfirmed() {
    return unconfirmed;
  }

  /** Returns the number of batches whose {@code send} returned normally. */
  public long batches() {
    return batches;
  }

  /** Returns the bytes of text in those batches: prefixes, masks and markers included. */
  public long sentBytes() {
    return sentBytes;
  }

  /** Returns the first places at which something was dropped, at most {@value #MAX_GAPS}. */
  public List<Gap> gaps() {
    return gaps;
  }

  /** Returns the number of further places. */
  public long moreGaps() {
    return moreGaps;
  }

  /**
   * Returns the bytes of text that processors added and that did not arrive: lines that they
   * emitted, and parts of lines that they made longer. Not in the balance, which counts what the
   * job wrote.
   */
  public long addedBytesDropped() {
    return addedBytesDropped;
  }

  /** Returns what was dropped for a reason. */
  public Tally dropped(DropReason reason) {
    return dropped.getOrDefault(reason, Tally.NONE);
  }

  /** Returns what was dropped for any reason. */
  public Tally droppedTotal() {
    return dropped.values().stream().reduce(Tally.NONE, Tally::plus);
  }

  /**
   * Returns whether all that the job wrote has arrived, or was removed by a processor on purpose,
   * and all text that processors added.
   */
  public boolean isComplete() {
    return held.isZero() && droppedTotal().isZero() && addedBytesDropped == 0;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SinkReport report
        && accepted.equals(report.accepted)
        && shipped.equals(report.shipped)
        && filtered.equals(report.filtered)
        && dropped.equals(report.dropped)
        && held.equals(report.held)
        && unconfirmed.equals(report.unconfirmed)
        && batches == report.batches
        && sentBytes == report.sentBytes
        && gaps.equals(report.gaps)
        && moreGaps == report.moreGaps
        && addedBytesDropped == report.addedBytesDropped;
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        accepted,
        shipped,
        filtered,
        dropped,
        held,
        unconfirmed,
        batches,
        sentBytes,
        gaps,
        moreGaps,
        addedBytesDropped);
  }

  /** Returns one line for a person: how much was shipped, and how much was dropped and why. */
  @Override
  public String toString() {
    StringJoiner text = new StringJoiner(", ");
    text.add("shipped " + words(shipped) + " of " + words(accepted));
    if (!filtered.isZero()) {
      text.add("filtered " + words(filtered));
    }
    dropped.forEach(
        (reason, tally) -> text.add("dropped " + words(tally) + " as " + reason.value()));
    if (addedBytesDropped > 0) {
      text.add("dropped " + addedBytesDropped + " bytes of added text");
    }
    if (!unconfirmed.isZero()) {
      text.add("of that unconfirmed " + words(unconfirmed));
    }
    if (!held.isZero()) {
      text.add("held " + words(held));
    }
    return text.toString();
  }

  private static String words(Tally tally) {
    return tally.lines() + " lines (" + tally.bytes() + " bytes)";
  }
}
