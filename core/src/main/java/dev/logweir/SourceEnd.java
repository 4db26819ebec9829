package dev.logweir;

import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How a stream that a pump read came to its end. Immutable. */
public final class SourceEnd {
  /** What a stream's end was. There may be more of these in later versions. */
  public enum Kind {
    /** It was read to its end. */
    ENDED,
    /**
     * Its reader was let go before: a descendant held the pipe open after the child's exit, or the
     * pump was interrupted. What came later is not in the log.
     */
    LET_GO,
    /** A read of it failed, or no thread was to be had to read it: what came later is lost. */
    READ_FAILED
  }

  private final LogSource source;
  private final Kind kind;
  private final @Nullable String failure;

  SourceEnd(LogSource source, Kind kind, @Nullable String failure) {
    this.source = source;
    this.kind = kind;
    this.failure = failure;
  }

  /** Returns which stream of the job it was read into. */
  public LogSource source() {
    return source;
  }

  /** Returns what its end was. */
  public Kind kind() {
    return kind;
  }

  /**
   * Returns the name of the class of what the read threw, if it failed: without its text, which may
   * have the job's in it.
   */
  public Optional<String> failure() {
    return Optional.ofNullable(failure);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SourceEnd end
        && source == end.source
        && kind == end.kind
        && Objects.equals(failure, end.failure);
  }

  @Override
  public int hashCode() {
    return Objects.hash(source, kind, failure);
  }

  /** Returns it for a person, such as {@code stdout: read failed (java.io.IOException)}. */
  @Override
  public String toString() {
    String name = source == LogSource.STDOUT ? "stdout" : "stderr";
    return switch (kind) {
      case ENDED -> name + ": ended";
      case LET_GO -> name + ": let go before its end";
      case READ_FAILED -> name + ": read failed (" + failure + ")";
    };
  }
}
