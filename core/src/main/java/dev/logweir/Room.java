package dev.logweir;

/** Whether a place has room for what is to come into it, and if not, what it lacks. */
enum Room {
  /** There is room. */
  THERE(PassEnd.TAKEN),
  /** The place holds as much as it may, until something leaves it. */
  FULL(PassEnd.NO_ROOM),
  /** The budget over all jobs is spent, until something comes back to it. */
  NO_SEGMENT(PassEnd.NO_SEGMENT),
  /** The JVM has no heap left: no event tells when it has. */
  NO_MEMORY(PassEnd.NO_MEMORY);

  private final PassEnd passEnd;

  Room(PassEnd passEnd) {
    this.passEnd = passEnd;
  }

  /** Returns what a pass comes to that needs the room: {@link PassEnd#TAKEN} if there is some. */
  PassEnd passEnd() {
    return passEnd;
  }

  /**
   * Returns for what reason something is dropped that has no room.
   *
   * @param full the reason where the place is full
   */
  DropReason dropReason(DropReason full) {
    if (this == FULL) {
      return full;
    }
    return this == NO_MEMORY ? DropReason.MEMORY : DropReason.BUDGET;
  }
}
