/** Benchmarks of what cannot be reached from outside. */
@org.jspecify.annotations.NullMarked
package dev.logweir;
