package dev.logweir;

/** The stream of a job that a line was written to. More constants may come in later versions. */
public enum LogSource {
  /** Standard output. */
  STDOUT,
  /** Standard error. */
  STDERR
}
