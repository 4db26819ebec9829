/** Benchmarks of what the OpsLevel sink does within itself. */
@NullMarked
package dev.logweir.opslevel;

import org.jspecify.annotations.NullMarked;
