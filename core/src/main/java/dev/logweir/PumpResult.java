package dev.logweir;

import org.jspecify.annotations.Nullable;

/** The result of a {@link LogStreamer#pump(Process) pump}: how each stream ended. Immutable. */
public final class PumpResult {
  private final SourceEnd stdout;
  private final SourceEnd stderr;

  PumpResult(SourceEnd stdout, SourceEnd stderr) {
    this.stdout = stdout;
    this.stderr = stderr;
  }

  /** Returns how the standard output ended. */
  public SourceEnd stdout() {
    return stdout;
  }

  /** Returns how the standard error ended. */
  public SourceEnd stderr() {
    return stderr;
  }

  /** Returns whether both streams were read to their end. */
  public boolean isComplete() {
    return stdout.kind() == SourceEnd.Kind.ENDED && stderr.kind() == SourceEnd.Kind.ENDED;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof PumpResult result
        && stdout.equals(result.stdout)
        && stderr.equals(result.stderr);
  }

  @Override
  public int hashCode() {
    return 31 * stdout.hashCode() + stderr.hashCode();
  }

  /** Returns one line for a person. */
  @Override
  public String toString() {
    return stdout + ", " + stderr;
  }
}
