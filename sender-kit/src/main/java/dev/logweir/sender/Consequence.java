package dev.logweir.sender;

import dev.logweir.SendException;
import java.util.Objects;

/** What follows from the result of an attempt. Immutable. */
public final class Consequence {
  private final SendException.Kind kind;
  private final Repeat repeat;
  private final AttemptResult.Server server;

  /**
   * Creates one.
   *
   * @param kind what becomes of the lines if this is the last attempt
   * @param repeat whether and for how long it is tried again
   * @param server what the attempt tells about the server
   * @throws NullPointerException if an argument is null
   */
  public Consequence(SendException.Kind kind, Repeat repeat, AttemptResult.Server server) {
    this.kind = Objects.requireNonNull(kind, "kind");
    this.repeat = Objects.requireNonNull(repeat, "repeat");
    this.server = Objects.requireNonNull(server, "server");
  }

  /** Returns what becomes of the lines if this is the last attempt. */
  public SendException.Kind kind() {
    return kind;
  }

  /** Returns whether and for how long it is tried again. */
  public Repeat repeat() {
    return repeat;
  }

  /** Returns what the attempt tells about the server. */
  public AttemptResult.Server server() {
    return server;
  }

  @Override
  public String toString() {
    return "Consequence[" + kind + ", " + repeat + ", server " + server + "]";
  }
}
