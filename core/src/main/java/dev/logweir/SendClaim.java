package dev.logweir;

/**
 * The claim to start the task that sends the batches of a sink, in two steps: made under the sink's
 * lock, by a thread that sees that something is due, and taken by the next thread that has released
 * the lock, as the start may go to an executor of the user.
 *
 * <p>So what is due is always seen by a task under way, or claimed; and a claim is taken once.
 * Changed only under the sink's lock; read without it.
 */
final class SendClaim {
  private enum State {
    /** There is no task, and nothing is due. */
    NONE,
    /** Something is due: the next thread that has released the lock starts the task. */
    MADE,
    /** The task is under way, or handed over. */
    TAKEN
  }

  private volatile State state = State.NONE;

  /** Whether there is no task, and no claim to start one. */
  boolean isFree() {
    return state == State.NONE;
  }

  /** Whether a start is claimed; a moment later another thread may have taken the claim. */
  boolean isMade() {
    return state == State.MADE;
  }

  void make() {
    state = State.MADE;
  }

  /** Takes the claim, for the thread that starts the task; false if another has taken it. */
  boolean take() {
    boolean made = isMade();
    if (made) {
      state = State.TAKEN;
    }
    return made;
  }

  /** The task is over. */
  void end() {
    state = State.NONE;
  }
}
