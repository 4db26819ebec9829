/** JMH benchmarks of Logweir. */
@NullMarked
package dev.logweir.benchmarks;

import org.jspecify.annotations.NullMarked;
