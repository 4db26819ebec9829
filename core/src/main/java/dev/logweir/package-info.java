/**
 * Ships the output of jobs to a remote API with bounded memory.
 *
 * <p>The way of a byte, one line a class on it ({@code docs/architecture.md} has the pictures, the
 * locks and the states):
 *
 * <ul>
 *   <li>{@link dev.logweir.LogStreamer}: the public face of a job with two streams; {@link
 *       dev.logweir.BatchShipper} of one with lines. Both hold a {@code Job}, which has its life,
 *       and whose {@code JobEnd} is its end. {@code JobPlaces}: its streams and sinks together.
 *   <li>{@link dev.logweir.SafeBuffer}: a stream, for writers; asks for a drain. Without processors
 *       and listeners, and with one sink, whole lines go past it ({@code DirectPath}).
 *   <li>{@code StreamStore}: copies what is written into segments ({@code SegmentChain}), capped,
 *       and drops the rest.
 *   <li>{@code JobDrain}: takes what the streams hold, in the order in which the lines ended.
 *       {@code DrainLoop}: requests for passes, and the one thread at a time that runs them.
 *   <li>{@code StreamDrain}: takes runs of whole lines, lines, fragments and gaps out of a store,
 *       once every sink has room for them. {@code StreamCursor}: what comes next in it. {@code
 *       LineShow}: shows a line to the processors; {@code LineGathering}: several that then go on
 *       together.
 *   <li>{@code StageChain}: the processors of a stream. {@code ProcessorStage}: runs one {@link
 *       dev.logweir.LogProcessor}, such as {@link dev.logweir.SecretMasker}, on one stream. {@code
 *       LinePieces} has what a line becomes.
 *   <li>{@code LineFanOut}: adds what comes out of the processors to every sink, and calls the
 *       listeners.
 *   <li>{@code SinkIntake}: one per sender. Adds lines to the open batch, and counts those that do
 *       not get there.
 *   <li>{@code SinkBatches}: the open batch ({@code BatchAssembly}), the queue of full ones ({@code
 *       BatchQueue}, 2 × {@code maxSize}), the one being sent, and the account ({@code
 *       SinkLedger}). {@code Sink}: their end.
 *   <li>{@code SendTask}: gives one {@link dev.logweir.LogBatch} at a time to {@link
 *       dev.logweir.BatchSender#send}, on a thread of the {@code SendPool}.
 *   <li>{@link dev.logweir.LogweirEngine}: threads, timer, free segments and budget of all jobs.
 * </ul>
 *
 * <p>What does not fit is dropped at a line end, counted by {@link dev.logweir.DropReason}, and
 * marked in the log.
 *
 * <pre>{@code
 * try (LogStreamer log = LogStreamer.builder(sender).processor(SecretMasker.of(secrets)).start()) {
 *   exec(job, log.stdout(), log.stderr());
 *   LogReport report = log.finish(Duration.ofSeconds(10));
 * }
 * }</pre>
 */
@NullMarked
package dev.logweir;

import org.jspecify.annotations.NullMarked;
