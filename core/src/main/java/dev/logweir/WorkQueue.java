package dev.logweir;

import org.jspecify.annotations.Nullable;

/** Work that waits for a thread, in the order in which it came. Guarded by its pool's lock. */
final class WorkQueue {
  private @Nullable Work first;
  private @Nullable Work last;
  private int size;

  int size() {
    return size;
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** Adds work at the end, unless it waits already. */
  void add(Work work) {
    if (work.queued) {
      return;
    }
    work.queued = true;
    if (last == null) {
      first = work;
    } else {
      last.nextWork = work;
    }
    last = work;
    size++;
  }

  /** Takes the first out, null if there is none. */
  @Nullable Work poll() {
    Work work = first;
    if (work != null) {
      takeOut(work, null);
    }
    return work;
  }

  /** Takes work out wherever it is; false if it does not wait. */
  boolean remove(Work work) {
    Work before = null;
    for (Work at = first; at != null; before = at, at = at.nextWork) {
      if (at == work) {
        takeOut(work, before);
        return true;
      }
    }
    return false;
  }

  private void takeOut(Work work, @Nullable Work before) {
    if (before == null) {
      first = work.nextWork;
    } else {
      before.nextWork = work.nextWork;
    }
    if (last == work) {
      last = before;
    }
    work.nextWork = null;
    work.queued = false;
    size--;
  }
}
