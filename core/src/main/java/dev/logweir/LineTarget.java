package dev.logweir;

/** Takes lines one after another: the stage of a processor, or the sinks at the end. */
interface LineTarget {
  /** Takes a line or a fragment; the view is valid during the call. */
  void accept(LogLine line);

  /** Counts what was taken out of the log on purpose. */
  void filtered(long sourceBytes, int sourceLines);

  /** Counts a line lost to a processor that threw. */
  void failed(Throwable cause, long sourceBytes, int sourceLines);

  /** Reports a failure that cost no line. */
  void warn(Throwable cause);
}
