package dev.logweir;

/** What a pass of a drain came to. */
enum PassEnd {
  /** There is more to take. */
  MORE,
  /** All that is complete was taken. */
  TAKEN,
  /** A sink has no room; it asks for the drain when there is. */
  NO_ROOM,
  /** The budget, or the heap, has no segment for a sink. */
  NO_SEGMENT
}
