package dev.logweir;

import java.util.Objects;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** What is known of a job's end. Immutable. */
public final class LogEnd {
  /** The kind of the end. More constants may come in later versions. */
  public enum Kind {
    /**
     * Nothing is known: the job has no {@link ExitMarker}, or its standard output has not ended.
     */
    OPEN,
    /** The job has ended, with an exit code. */
    EXITED,
    /**
     * The standard output ended without the job's {@link ExitMarker}: later output is not in the
     * log, and the job may still be running.
     */
    SEVERED
  }

  static final LogEnd OPEN = new LogEnd(Kind.OPEN, 0);
  static final LogEnd SEVERED = new LogEnd(Kind.SEVERED, 0);

  private final Kind kind;
  private final int exitCode;

  private LogEnd(Kind kind, int exitCode) {
    this.kind = kind;
    this.exitCode = exitCode;
  }

  static LogEnd exited(int code) {
    return new LogEnd(Kind.EXITED, code);
  }

  /** Returns the kind of the end. */
  public Kind kind() {
    return kind;
  }

  /** Returns the exit code of a job that has exited. */
  public OptionalInt exitCode() {
    return kind == Kind.EXITED ? OptionalInt.of(exitCode) : OptionalInt.empty();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof LogEnd end && kind == end.kind && exitCode == end.exitCode;
  }

  @Override
  public int hashCode() {
    return Objects.hash(kind, exitCode);
  }

  /** Returns it for a person, such as {@code exit code 3}. */
  @Override
  public String toString() {
    return switch (kind) {
      case OPEN -> "end not known";
      case EXITED -> "exit code " + exitCode;
      case SEVERED -> "severed before its end";
    };
  }
}
