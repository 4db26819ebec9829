package dev.logweir;

import java.util.Set;

/**
 * A place of the log at which something was dropped.
 *
 * @param afterLine the number of the last line before it, 0 at the beginning
 * @param dropped how much was dropped there of what the job wrote; zero where it was text that
 *     processors had added
 * @param reasons why, one or more
 */
public record Gap(long afterLine, Tally dropped, Set<DropReason> reasons) {
  /** Copies the reasons. */
  public Gap {
    reasons = Set.copyOf(reasons);
  }
}
