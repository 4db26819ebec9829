package com.google.errorprone.annotations.concurrent;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Names the lock that must be held where a field is used, or a method is called. Error Prone checks
 * it, and looks for this name.
 *
 * <p>Error Prone's own is in the class files, where a user's compiler misses its definition and
 * warns. This one ends with the compilation: users need no further library.
 */
@Target({ElementType.FIELD, ElementType.METHOD})
@Retention(RetentionPolicy.SOURCE)
public @interface GuardedBy {
  /** The lock, as an expression that is valid where the field or method is declared. */
  String[] value();
}
