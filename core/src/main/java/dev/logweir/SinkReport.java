package dev.logweir;

import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/**
 * The balance of one sink: accepted = shipped + filtered + dropped + held, in lines and in bytes.
 *
 * @param accepted what the job wrote before its end
 * @param shipped what was in batches whose {@code send} returned normally
 * @param filtered what processors removed on purpose
 * @param dropped what was lost, by reason; reasons without a loss are left out
 * @param held what is still on its way; nothing in a final report
 * @param unconfirmed the part of what was dropped in sending that the sender had written out in
 *     full and got no answer to
 * @param batches number of batches whose {@code send} returned normally
 * @param sentBytes bytes of text in those batches: prefixes, masks and markers included
 * @param gaps the first places at which something was dropped, at most {@value #MAX_GAPS}
 * @param moreGaps number of further places
 * @param addedBytesDropped bytes of text that processors added and that did not arrive: lines that
 *     they emitted, and parts of lines that they made longer; not in the balance, which counts what
 *     the job wrote
 */
public record SinkReport(
    Tally accepted,
    Tally shipped,
    Tally filtered,
    Map<DropReason, Tally> dropped,
    Tally held,
    Tally unconfirmed,
    long batches,
    long sentBytes,
    List<Gap> gaps,
    long moreGaps,
    long addedBytesDropped) {
  /** How many gaps a report lists. */
  public static final int MAX_GAPS = 32;

  /** Copies the collections. */
  public SinkReport {
    EnumMap<DropReason, Tally> copy = new EnumMap<>(DropReason.class);
    copy.putAll(dropped);
    dropped = Collections.unmodifiableMap(copy);
    gaps = List.copyOf(gaps);
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

  /** Returns one line for a person: what was shipped of what, and what was dropped why. */
  @Override
  public String toString() {
    StringJoiner text = new StringJoiner(", ");
    text.add("shipped " + words(shipped) + " of " + words(accepted));
    if (!filtered.isZero()) {
      text.add("filtered " + words(filtered));
    }
    dropped.forEach((reason, tally) -> text.add("dropped " + words(tally) + " as " + reason.tag()));
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
