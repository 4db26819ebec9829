package dev.logweir;

import java.time.Duration;

/** One step of a sequence. */
sealed interface Step {
  /** The job writes. */
  record Write(LogSource to, Text text) implements Step {}

  /** The job ends one stream. */
  record CloseStream(LogSource stream) implements Step {}

  /** What the streams hold is taken to the sinks. */
  record Drain() implements Step {}

  /** Batches handed over reach their senders. */
  record Send() implements Step {}

  /** The server takes no more, or goes on. */
  record Stall(boolean begins) implements Step {}

  /** From now on batches come to this. */
  record Fate(SteppedSender.Mode mode) implements Step {}

  /** Time passes. */
  record Pass(Duration duration) implements Step {}

  /** How a job ends. */
  enum End {
    FINISH,
    CLOSE,
    INTERRUPTED,
    CANCELLED
  }
}
