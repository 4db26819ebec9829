package dev.logweir;

import java.util.List;

/** What foreign code may throw, and exceptions that fail when they are asked about themselves. */
final class Faults {
  static final List<Throwable> HOSTILE =
      List.of(new Throws(), new Nulls(), new Circle(), new NullFrames());

  static final List<Throwable> ALL =
      List.of(
          new IllegalStateException("injected"),
          new Error("injected"),
          new OutOfMemoryError("injected"),
          new StackOverflowError("injected"),
          new NoClassDefFoundError("injected"),
          new InterruptedException("injected"),
          new Throws(),
          new Nulls());

  private Faults() {}

  /** Throws it, checked or not. */
  @SuppressWarnings("TypeParameterUnusedInFormals") // it returns nothing, wherever it stands
  static <T> T throwIt(Throwable thrown) {
    throw Faults.<RuntimeException>unchecked(thrown);
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // that is the trick
  private static <E extends Throwable> E unchecked(Throwable thrown) throws E {
    throw (E) thrown;
  }

  private static class Hostile extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** Whatever it is asked, it throws. */
  static final class Throws extends Hostile {
    private static final long serialVersionUID = 1L;

    @Override
    public String getMessage() {
      throw new StackOverflowError("message");
    }

    @Override
    public String getLocalizedMessage() {
      throw new IllegalStateException("localized message");
    }

    @Override
    public String toString() {
      throw new LinkageError("toString");
    }

    @Override
    public StackTraceElement[] getStackTrace() {
      throw new OutOfMemoryError("trace");
    }

    @Override
    public synchronized Throwable getCause() {
      throw new IllegalStateException("cause");
    }
  }

  /** Whatever it is asked, it answers null. */
  static final class Nulls extends Hostile {
    private static final long serialVersionUID = 1L;

    @Override
    public String getMessage() {
      return null;
    }

    @Override
    @SuppressWarnings("ToStringReturnsNull") // hostile
    public String toString() {
      return null;
    }

    @Override
    public StackTraceElement[] getStackTrace() {
      return null;
    }

    @Override
    public synchronized Throwable getCause() {
      return null;
    }
  }

  /** Is its own cause. */
  static final class Circle extends Hostile {
    private static final long serialVersionUID = 1L;

    @Override
    public synchronized Throwable getCause() {
      return this;
    }
  }

  /** Has a stack trace without frames in it. */
  static final class NullFrames extends Hostile {
    private static final long serialVersionUID = 1L;

    @Override
    public StackTraceElement[] getStackTrace() {
      return new StackTraceElement[3];
    }
  }
}
