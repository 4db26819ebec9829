package dev.logweir;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a throwable that foreign code made. Its methods are foreign code too: its message, its
 * stack trace and its cause may throw, be null, or be circular.
 */
final class Thrown {
  private static final int MAX_CHAIN = 50;
  private static final String NO_PLACE = "unknown place";

  private Thrown() {}

  /** Returns the class and, if it has one that can be read, the message. */
  static String describe(Throwable thrown) {
    String message = message(thrown);
    return message == null ? type(thrown) : type(thrown) + ": " + message;
  }

  static String type(Throwable thrown) {
    return thrown.getClass().getName();
  }

  /** Returns its message; null if it has none that can be read. */
  static @Nullable String message(Throwable thrown) {
    try {
      return thrown.getMessage();
    } catch (Throwable ignored) {
      return null;
    }
  }

  /** Returns where it was thrown, without anything of its text. */
  static String place(Throwable thrown) {
    try {
      StackTraceElement[] trace = thrown.getStackTrace();
      return trace == null || trace.length == 0 || trace[0] == null
          ? NO_PLACE
          : trace[0].toString();
    } catch (Throwable ignored) {
      return NO_PLACE;
    }
  }

  /** Whether a logger can print it, and all that it names as causes or suppressed. */
  static boolean isSound(Throwable thrown) {
    try {
      return isSound(thrown, Collections.newSetFromMap(new IdentityHashMap<>()));
    } catch (Throwable ignored) {
      return false;
    }
  }

  private static boolean isSound(Throwable thrown, Set<Throwable> seen) {
    for (Throwable at = thrown; at != null; at = at.getCause()) {
      if (!seen.add(at) || seen.size() > MAX_CHAIN || !hasText(at) || !hasTrace(at)) {
        return false;
      }
      for (Throwable suppressed : at.getSuppressed()) {
        if (!isSound(suppressed, seen)) {
          return false;
        }
      }
    }
    return true;
  }

  /** Whether its texts can be read; a message may be null, {@code toString()} should not. */
  private static boolean hasText(Throwable thrown) {
    String message = thrown.getMessage();
    String localized = thrown.getLocalizedMessage();
    return thrown.toString() != null && (message == null || localized != null);
  }

  private static boolean hasTrace(Throwable thrown) {
    StackTraceElement[] trace = thrown.getStackTrace();
    if (trace == null) {
      return false;
    }
    for (StackTraceElement element : trace) {
      if (element == null) {
        return false;
      }
    }
    return true;
  }
}
