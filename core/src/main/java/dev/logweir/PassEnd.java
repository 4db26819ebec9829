package dev.logweir;

/** What a pass of a drain, or a step of one, came to. */
enum PassEnd {
  /** There is more to take. */
  MORE,
  /** All that is complete was taken; of a step, what it was to take. */
  TAKEN,
  /** A sink has no room; it asks for the drain when there is. */
  NO_ROOM,
  /** The budget has no segment for a sink; it tells when it has. */
  NO_SEGMENT,
  /** The heap has no segment for a sink: the timer asks. */
  NO_MEMORY;

  /** Whether a sink lacks a segment: less might have room in the one it keeps. */
  boolean lacksSegment() {
    return this == NO_SEGMENT || this == NO_MEMORY;
  }
}
