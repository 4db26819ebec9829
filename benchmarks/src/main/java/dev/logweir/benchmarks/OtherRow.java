package dev.logweir.benchmarks;

import java.util.StringJoiner;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/**
 * What an operation cost in a benchmark other than {@link PeerBenchmark}.
 *
 * @param name class and method
 * @param parameters all of them, as {@code name=value}
 */
record OtherRow(
    String name,
    String parameters,
    double score,
    double error,
    String unit,
    double cpu,
    double allocated) {

  static OtherRow of(RunResult result) {
    BenchmarkParams params = result.getParams();
    StringJoiner parameters = new StringJoiner(", ");
    for (String key : params.getParamsKeys()) {
      parameters.add(key + "=" + params.getParam(key));
    }
    String name = params.getBenchmark();
    Result<?> primary = result.getPrimaryResult();
    return new OtherRow(
        name.substring(name.lastIndexOf('.', name.lastIndexOf('.') - 1) + 1),
        parameters.toString(),
        primary.getScore(),
        primary.getScoreError(),
        primary.getScoreUnit(),
        SpeedRow.secondary(result, "cpu"),
        SpeedRow.secondary(result, "gc.alloc.rate.norm"));
  }
}
