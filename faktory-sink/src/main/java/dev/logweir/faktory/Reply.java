package dev.logweir.faktory;

import org.jspecify.annotations.Nullable;

/**
 * What a server answers to one command.
 *
 * @param text of a status, an error (without its code), a number or a bulk; null for the bulk that
 *     is none
 * @param code of an error, such as {@code ERR}; empty otherwise
 */
record Reply(Kind kind, @Nullable String text, String code) {
  /** The sorts that the protocol has. */
  enum Kind {
    STATUS,
    ERROR,
    NUMBER,
    BULK
  }

  boolean isOk() {
    return kind == Kind.STATUS && "OK".equals(text);
  }
}
