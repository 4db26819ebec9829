/**
 * A sink that ships job output to a Faktory server, as jobs that the receiving application takes.
 *
 * <p>A runner has one {@link dev.logweir.faktory.FaktoryClient} and makes a {@link
 * dev.logweir.faktory.FaktorySender} of it for each job. The way of a batch: {@code FaktorySender}
 * has it described by a {@code JobWriter}, {@link dev.logweir.sender.Attempts} tries as long as
 * that may help, {@code ConnectionPool} lends a {@code FaktoryConnection} for one attempt, which
 * writes the job through a {@code Wire} under the attempt's deadline and reads the {@code Reply};
 * {@code PushResult} says what follows from it.
 *
 * <pre>{@code
 * try (FaktoryClient client = FaktoryClient.fromEnvironment().build();
 *     LogStreamer log = LogStreamer.builder(client.sender(runnerJobId)).start()) {
 *   exec(job, log.stdout(), log.stderr());
 *   LogReport report = log.finish(Duration.ofSeconds(10));
 * }
 * }</pre>
 */
@NullMarked
package dev.logweir.faktory;

import org.jspecify.annotations.NullMarked;
