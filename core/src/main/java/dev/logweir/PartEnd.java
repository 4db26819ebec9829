package dev.logweir;

/** How a part of a text ends that is masked. */
enum PartEnd {
  /** More of the line comes. */
  OPEN,
  /** The line ends with it. */
  ENDS,
  /** No more of the line comes, as it was lost or never came: a value's beginning is masked too. */
  CUT
}
