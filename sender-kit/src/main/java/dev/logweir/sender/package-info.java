/**
 * A kit for senders: what {@link dev.logweir.BatchSender}s of any protocol have in common.
 *
 * <p>A client of a server has one {@link dev.logweir.sender.Attempts} for all its jobs. Each {@code
 * send} hands it an {@link dev.logweir.sender.Attempts.Attempt}, which tries once within a limit of
 * time, and throws an {@link dev.logweir.sender.AttemptException} that says what came of it, as an
 * {@link dev.logweir.sender.AttemptResult}. From the result follows whether and for how long it is
 * tried again: {@link dev.logweir.sender.Repeat}. In front of each attempt stands a {@link
 * dev.logweir.sender.Gate}: {@link dev.logweir.sender.AwayGate} lets one call at a time probe a
 * server that is down.
 *
 * <pre>{@code
 * private final Attempts attempts = Attempts.builder(MySender.class, "the archive").build();
 *
 * public void send(List<String> lines) throws SendException, InterruptedException {
 *   try {
 *     attempts.run(LogBatch.of(lines).call(), attempts.begin(), limit -> post(lines, limit));
 *   } catch (AttemptException e) {
 *     throw e.toSendException("log not sent");
 *   }
 * }
 * }</pre>
 *
 * <p>A sender over HTTP needs {@link dev.logweir.sender.HttpPost} alone, which does all that.
 *
 * <ul>
 *   <li>{@link dev.logweir.sender.Consequence}: what follows from a result
 *   <li>{@link dev.logweir.sender.CommonResult}: results for a sender that needs none of its own
 *   <li>{@link dev.logweir.sender.AttemptListener}: is called for each attempt, for meters
 *   <li>{@link dev.logweir.sender.Pauses}: how a call waits; a test has its own
 *   <li>{@link dev.logweir.sender.TlsFailure}: what an exception of a TLS handshake means
 *   <li>{@link dev.logweir.sender.Base64Lines}: a batch's lines as strings of Base64 in JSON
 *   <li>{@link dev.logweir.sender.OutcomeJson}: a job's outcome as JSON
 *   <li>{@link dev.logweir.sender.ServerWords}: what a server says, made fit for a message
 *   <li>{@link dev.logweir.sender.SenderSettings}: checks of settings, in one wording
 * </ul>
 */
@NullMarked
package dev.logweir.sender;

import org.jspecify.annotations.NullMarked;
