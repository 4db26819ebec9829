package dev.logweir;

import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A place of the log at which something was dropped. Immutable. */
public final class Gap {
  private final long afterLine;
  private final Tally dropped;
  private final Set<DropReason> reasons;

  Gap(long afterLine, Tally dropped, Set<DropReason> reasons) {
    this.afterLine = afterLine;
    this.dropped = dropped;
    this.reasons = Set.copyOf(reasons);
  }

  /** Returns the number of the last line before it, 0 at the beginning. */
  public long afterLine() {
    return afterLine;
  }

  /**
   * Returns how much of the job's output was dropped there; zero if it was text that processors had
   * added.
   */
  public Tally dropped() {
    return dropped;
  }

  /** Returns why, one reason or more. */
  public Set<DropReason> reasons() {
    return reasons;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Gap gap
        && afterLine == gap.afterLine
        && dropped.equals(gap.dropped)
        && reasons.equals(gap.reasons);
  }

  @Override
  public int hashCode() {
    return Objects.hash(afterLine, dropped, reasons);
  }

  /** Returns the place, the amount and the reasons, for a person. */
  @Override
  public String toString() {
    return "Gap[afterLine=" + afterLine + ", dropped=" + dropped + ", reasons=" + reasons + "]";
  }
}
