/**
 * A sink that ships job output to OpsLevel.
 *
 * <p>A runner has one {@link dev.logweir.opslevel.OpsLevelClient} and makes a {@link
 * dev.logweir.opslevel.OpsLevelSender} of it for each job. The way of a batch: {@code
 * OpsLevelSender} describes it as a {@code LogChunkBody}, {@link dev.logweir.sender.Attempts} tries
 * as long as that may help, {@code HttpTransport} carries out one attempt under its deadline,
 * {@code Answer} reads what the server said, and {@code ApiResult} says what follows from it.
 *
 * <pre>{@code
 * try (OpsLevelClient client = OpsLevelClient.fromEnvironment().runnerId(runnerId).build();
 *     LogStreamer log = LogStreamer.builder(client.sender(runnerJobId)).start()) {
 *   exec(job, log.stdout(), log.stderr());
 *   LogReport report = log.finish(Duration.ofSeconds(10));
 * }
 * }</pre>
 */
@NullMarked
package dev.logweir.opslevel;

import org.jspecify.annotations.NullMarked;
