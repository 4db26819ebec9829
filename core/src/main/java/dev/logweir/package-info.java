/**
 * Ships the output of jobs to a remote API with bounded memory.
 *
 * <p>The way of a byte: a job writes to {@link dev.logweir.LogStreamer#stdout()}, a {@link
 * dev.logweir.SafeBuffer} that never blocks and is capped in heap bytes. A drain, scheduled by the
 * write, splits what is complete into lines, passes them through the {@link
 * dev.logweir.LogProcessor}s (such as {@link dev.logweir.SecretMasker}) and adds them to the open
 * batch of each {@link dev.logweir.BatchShipper}; where nobody looks at lines, and there is one
 * sink, the write does that itself. A batch is sealed when it is full, due or the last; it waits in
 * a queue of 2 × {@code maxSize}, and a sending task gives it to {@link
 * dev.logweir.BatchSender#send}. What does not fit is dropped at a line end, counted by {@link
 * dev.logweir.DropReason}, and marked in the log. Threads, timer and segments belong to the {@link
 * dev.logweir.LogweirEngine}, shared by all jobs.
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
