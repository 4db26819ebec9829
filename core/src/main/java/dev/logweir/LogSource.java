package dev.logweir;

/** The stream of a job that a line was written to. */
public enum LogSource {
  /** Standard output. */
  STDOUT,
  /** Standard error. */
  STDERR
}
