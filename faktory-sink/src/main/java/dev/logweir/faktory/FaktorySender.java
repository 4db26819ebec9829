package dev.logweir.faktory;

import dev.logweir.BatchSender;
import dev.logweir.JobOutcome;
import dev.logweir.LogBatch;
import dev.logweir.SendCall;
import dev.logweir.SendException;
import dev.logweir.sender.AttemptException;
import dev.logweir.sender.Attempts;
import dev.logweir.sender.OutcomeJson;
import dev.logweir.sender.SenderSettings;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Pushes the log of one job into Faktory, and its outcome. Made by {@link FaktoryClient#sender}.
 *
 * <p>Not thread-safe beyond what {@link BatchSender} asks for: one call at a time. Holds next to
 * nothing between calls, and no connection.
 *
 * <p>A batch becomes one job in Faktory, written straight from the batch's bytes. After a failure
 * that may pass (no connection, time-out, {@code -ERR}, {@code -SHUTDOWN}, a malformed reply) it is
 * tried again on a fresh connection, within the limits set for the client; after a refusal of the
 * server (the password, other errors) it is not. A job that is pushed again keeps its {@code jid},
 * so that the receiver can recognize a repetition.
 */
public final class FaktorySender implements BatchSender {
  /**
   * Buffers of a connection (10 KiB) and its TLS (50 KiB), of the JSON being written (18 KiB), of a
   * reply (24 KiB), and the objects around them.
   */
  private static final int OVERHEAD_BYTES = 128 * 1024;

  private final FaktoryClient client;
  private final String jobId;
  private final @Nullable String batchId;

  /** Of each log job, without its lines. */
  private final int fixedBytes;

  FaktorySender(FaktoryClient client, String jobId, @Nullable String batchId) {
    this.client = client;
    this.jobId = jobId;
    this.batchId = batchId;
    fixedBytes = client.jobs().fixedBytes(jobId, batchId);
  }

  /**
   * Pushes the lines as one job and returns when the server has accepted it.
   *
   * @throws SendException with kind {@code FAILED} if the last attempt failed, {@code REFUSED} if
   *     the server refused the job or it would be larger than the client's {@code maxJobBytes}; if
   *     the job was accepted and only its batch not committed, all lines count as delivered
   * @throws InterruptedException if the thread was interrupted; the call ends at once, its
   *     connection is closed. If the job was accepted before, it is a {@code SendException} as
   *     above, and the thread stays interrupted
   * @throws NullPointerException if {@code lines} is null
   */
  @Override
  public void send(List<String> lines) throws SendException, InterruptedException {
    LogBatch batch = LogBatch.of(lines);
    JobWriter.Head head = client.jobs().head(jobId, batchId);
    long bytes = fixedBytes + JobWriter.encodedBytes(batch);
    if (bytes > client.maxJobBytes()) {
      client.metrics().gaveUp(batchId != null);
      throw new SendException(
          SendException.Kind.REFUSED,
          "log of job %s not sent: a job must have at most %d bytes: %d"
              .formatted(jobId, client.maxJobBytes(), bytes),
          null);
    }
    push(
        "log of job " + jobId + " not sent",
        out -> client.jobs().writeLog(out, head, batch),
        batch.call(),
        client.attempts().begin());
  }

  /**
   * Reports how the job ended, after its log. Tried again like a batch; waits as long as the
   * attempts take and ends when the thread is interrupted. Its size is that of the variables,
   * whatever {@code maxJobBytes} is.
   *
   * @param variables the job's outcome variables, masked as they shall be seen; may be empty
   * @throws SendException if the server did not accept it
   * @throws InterruptedException if the thread was interrupted
   * @throws NullPointerException if an argument, a key or a value is null
   */
  public void reportOutcome(JobOutcome outcome, Map<String, String> variables)
      throws SendException, InterruptedException {
    report(outcome, variables, client.attempts().begin());
  }

  /**
   * Reports how the job ended, after its log, within a time: with pauses between attempts of at
   * most an eighth of the time left. Its size is that of the variables, whatever {@code
   * maxJobBytes} is.
   *
   * @param variables the job's outcome variables, masked as they shall be seen; may be empty
   * @param timeout for all attempts and pauses together, 1 ms to 24 h; an attempt still ends after
   *     the client's {@code attemptTimeout}
   * @throws SendException if the server did not accept it in time
   * @throws InterruptedException if the thread was interrupted
   * @throws NullPointerException if an argument, a key or a value is null
   * @throws IllegalArgumentException if {@code timeout} is out of range
   */
  public void reportOutcome(JobOutcome outcome, Map<String, String> variables, Duration timeout)
      throws SendException, InterruptedException {
    SenderSettings.longTimeout("timeout", timeout);
    report(outcome, variables, client.attempts().begin(timeout));
  }

  private void report(JobOutcome outcome, Map<String, String> variables, Attempts.Budget budget)
      throws SendException, InterruptedException {
    OutcomeJson json = new OutcomeJson(outcome, variables);
    JobWriter.Head head = client.jobs().head(jobId, batchId);
    push(
        "outcome of job " + jobId + " not reported",
        out -> client.jobs().writeOutcome(out, head, json),
        SendCall.unbounded(),
        budget);
  }

  private void push(
      String failure, FaktoryConnection.Body job, SendCall call, Attempts.Budget budget)
      throws SendException, InterruptedException {
    Push push = new Push(client, job, batchId, call);
    try {
      client.attempts().run(call, budget, push);
    } catch (AttemptException e) {
      throw new SendException(
          e.result().kind(),
          failure + ": " + e.getMessage(),
          e,
          push.isAccepted() ? new BitSet() : null);
    } catch (InterruptedException e) {
      if (push.isAccepted()) {
        // The lines have arrived, which an interruption alone would not show.
        Thread.currentThread().interrupt();
        throw new SendException(
            SendException.Kind.FAILED,
            failure + ": interrupted before its batch was committed",
            e,
            new BitSet());
      }
      throw e;
    } finally {
      if (!push.isAccepted()) {
        client.metrics().gaveUp(batchId != null);
      }
    }
  }

  /**
   * Returns what the client's {@code maxJobBytes} leaves for lines: the bytes of a job on the wire
   * without its ids and other fixed parts.
   */
  @Override
  public int maxBatchBytes() {
    return client.maxJobBytes() - fixedBytes;
  }

  /** Returns the length of the line as Base64, with quotes and a comma. */
  @Override
  public long encodedBytes(int lineBytes) {
    return JobWriter.encodedBytes(lineBytes);
  }

  /** Returns 128 KiB: what a send holds besides its batch. */
  @Override
  public long maxRetainedBytes() {
    return OVERHEAD_BYTES;
  }

  /** Returns the client that made this sender. */
  @Override
  public FaktoryClient client() {
    return client;
  }

  @Override
  public String toString() {
    return "FaktorySender[job " + jobId + "]";
  }
}
