package dev.logweir;

import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How a stream that a pump read came to its end. Immutable. */
public final class SourceEnd {
  /** How a stream ended. More constants may come in later versions. */
  public enum Kind {
    /** It was read to its end. */
    ENDED,
    /**
     * The pump stopped reading before its end: a descendant held the pipe open after the child's
     * exit, or the pump was interrupted. Later output is not in the log.
     */
    LET_GO,
    /** A read of it failed, or no thread could be started to read it: later output is lost. */
    READ_FAILED
  }

  /** Made beforehand, so that an end can be reported when there is no memory. */
  private static final SourceEnd[] WITHOUT_FAILURE = all();

  private final LogSource source;
  private final Kind kind;
  private final @Nullable String failure;

  SourceEnd(LogSource source, Kind kind, @Nullable String failure) {
    this.source = source;
    this.kind = kind;
    this.failure = failure;
  }

  private static SourceEnd[] all() {
    Kind[] kinds = Kind.values();
    SourceEnd[] ends = new SourceEnd[2 * kinds.length];
    for (Kind kind : kinds) {
      ends[2 * kind.ordinal()] = new SourceEnd(LogSource.STDOUT, kind, null);
      ends[2 * kind.ordinal() + 1] = new SourceEnd(LogSource.STDERR, kind, null);
    }
    return ends;
  }

  /** Returns an end without a failure; takes no memory. */
  static SourceEnd of(LogSource source, Kind kind) {
    return WITHOUT_FAILURE[2 * kind.ordinal() + (source == LogSource.STDOUT ? 0 : 1)];
  }

  /** Returns the end of a stream that was read until a failure, or to its end if that is null. */
  static SourceEnd of(LogSource source, @Nullable Throwable failure) {
    if (failure == null) {
      return of(source, Kind.ENDED);
    }
    try {
      return new SourceEnd(source, Kind.READ_FAILED, failure.getClass().getName());
    } catch (OutOfMemoryError ignored) {
      return of(source, Kind.READ_FAILED); // the exception is left out
    }
  }

  /** Returns which stream of the job it was read into. */
  public LogSource source() {
    return source;
  }

  /** Returns how it ended. */
  public Kind kind() {
    return kind;
  }

  /**
   * Returns the class name of the exception that the read threw, if it failed: without its message,
   * which may contain text of the job.
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
      case READ_FAILED -> name + ": read failed" + (failure == null ? "" : " (" + failure + ")");
    };
  }
}
