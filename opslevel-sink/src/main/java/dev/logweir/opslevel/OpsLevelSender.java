package dev.logweir.opslevel;

import dev.logweir.BatchSender;
import dev.logweir.LogBatch;
import dev.logweir.SendException;
import java.util.List;
import java.util.Map;

/**
 * Appends the log of one job at OpsLevel, and reports its outcome. Made by {@link
 * OpsLevelClient#sender}.
 *
 * <p>Not thread-safe beyond what {@link BatchSender} asks for: one call at a time. Holds next to
 * nothing between calls.
 *
 * <p>A batch becomes one request, written straight from the batch's bytes. A failure that may pass
 * (no connection, time-out, 408, 425, 429, 5xx, errors of GraphQL, an answer that is none) is tried
 * again as often and as long as the client is set to; what the server refuses (errors of the
 * payload, 401, 403 and other 4xx, redirects) is not. The lines of a batch that was tried in vain
 * may have arrived, and a later attempt may bring them a second time: the API knows no key to tell
 * a repetition by.
 */
public final class OpsLevelSender implements BatchSender {
  /**
   * Buffers of a connection and its TLS, of a body being written or an answer being read, and the
   * objects around them.
   */
  private static final int OVERHEAD_BYTES = 64 * 1024;

  private final OpsLevelClient client;
  private final String jobId;
  private final JobNumber job;

  OpsLevelSender(OpsLevelClient client, String jobId) {
    this.client = client;
    this.jobId = jobId;
    job = new JobNumber(jobId);
  }

  /**
   * Sends the lines as one request and returns when the server has accepted it.
   *
   * @throws SendException with kind {@code FAILED} after the last attempt in vain, {@code REFUSED}
   *     if the server refused the lines, {@code JOB_GONE} if there is no such endpoint
   * @throws InterruptedException if the thread was interrupted; the call ends at once, its
   *     connection is closed
   * @throws NullPointerException if {@code lines} is null
   */
  @Override
  public void send(List<String> lines) throws SendException, InterruptedException {
    LogBatch batch = LogBatch.of(lines);
    byte[] head = client.appendHead(jobId);
    LogChunkBody body = new LogChunkBody(batch, 0, batch.size(), head);
    try {
      client
          .retries()
          .run(
              batch,
              limit ->
                  client
                      .transport()
                      .exchange(
                          out -> {
                            body.writeTo(out);
                            batch.written();
                          },
                          body.length(),
                          limit,
                          Mutation.APPEND_JOB_LOG,
                          jobId));
    } catch (AttemptException e) {
      throw new SendException(
          e.result().kind(), "log of job " + job + " not sent: " + e.getMessage(), e);
    }
  }

  /**
   * Reports how the job ended, after its log. Tried again like a batch; waits as long as the
   * attempts take and ends when the thread is interrupted.
   *
   * @param variables the job's outcome variables, masked as they shall be seen; may be empty
   * @throws SendException if the server did not accept it
   * @throws InterruptedException if the thread was interrupted
   * @throws NullPointerException if an argument, a key or a value is null
   */
  public void reportOutcome(JobOutcome outcome, Map<String, String> variables)
      throws SendException, InterruptedException {
    OutcomeBody body = client.outcomeBody(jobId, outcome, variables);
    try {
      client
          .retries()
          .run(
              LogBatch.of(List.of()),
              limit ->
                  client
                      .transport()
                      .exchange(
                          body::writeTo, body.length(), limit, Mutation.REPORT_JOB_OUTCOME, jobId));
    } catch (AttemptException e) {
      throw new SendException(
          e.result().kind(), "outcome of job " + job + " not reported: " + e.getMessage(), e);
    }
  }

  /** Returns 64 KiB: what a send holds besides its batch. */
  @Override
  public int overheadBytes() {
    return OVERHEAD_BYTES;
  }

  /** Returns the client that made this sender. */
  @Override
  public OpsLevelClient client() {
    return client;
  }

  @Override
  public String toString() {
    return "OpsLevelSender[job " + job + "]";
  }
}
