/**
 * Benchmarks of Logweir beside a floor and its peers; {@link dev.logweir.benchmarks.SpeedRun} runs
 * those of speed.
 */
@NullMarked
package dev.logweir.benchmarks;

import org.jspecify.annotations.NullMarked;
