package dev.logweir.opslevel;

import dev.logweir.BatchSender;
import dev.logweir.JobOutcome;
import dev.logweir.LogBatch;
import dev.logweir.SendCall;
import dev.logweir.SendException;
import dev.logweir.sender.AttemptException;
import dev.logweir.sender.Attempts;
import dev.logweir.sender.SenderSettings;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.List;
import java.util.Map;

/**
 * Appends the log of one job at OpsLevel, and reports its outcome. Made by {@link
 * OpsLevelClient#sender}.
 *
 * <p>Not thread-safe beyond what {@link BatchSender} asks for: one call at a time. Holds next to
 * nothing between calls.
 *
 * <p>A batch becomes one request, written straight from the batch's bytes. Results of an attempt:
 *
 * <table>
 *   <caption>Failures and what follows</caption>
 *   <tr><th>failure</th><th>tried again</th><th>at the end</th></tr>
 *   <tr><td>no connection, a proxy that refuses, TLS handshake, connection lost, deadline of the attempt, all connections
 *     in use, 408, 425, 429, 5xx, errors of GraphQL, a malformed answer</td>
 *     <td>yes</td><td>{@code send_failed}</td></tr>
 *   <tr><td>413 and complaints of the size; a body over 64 KiB lost twice running while it is
 *     written</td>
 *     <td>in halves</td><td>{@code send_refused} for a single line</td></tr>
 *   <tr><td>errors of the payload, 401, 403, redirects, other statuses, a certificate that is not
 *     trusted</td>
 *     <td>no</td><td>{@code send_refused}</td></tr>
 *   <tr><td>404; three batches in a row refused because of the job</td>
 *     <td>no</td><td>the job is gone</td></tr>
 * </table>
 *
 * <p>{@code docs/opslevel.md} has it row by row. The lines of a batch whose attempts failed may
 * have arrived, and a later attempt may deliver them a second time: the API has no idempotency key.
 */
public final class OpsLevelSender implements BatchSender {
  /**
   * Buffers of a connection and its TLS, of a body being written or an answer being read, and the
   * objects around them.
   */
  private static final int OVERHEAD_BYTES = 96 * 1024;

  private static final int REFUSALS_OF_A_JOB_GONE = 3;

  /** A server that ends the connection while a body of this size comes in may find it too large. */
  private static final int LARGE_BODY_BYTES = 64 * 1024;

  private final OpsLevelClient client;
  private final String jobId;
  private final JobNumber job;

  /** How many batches in a row were refused because of the job. */
  private int refusals;

  OpsLevelSender(OpsLevelClient client, String jobId) {
    this.client = client;
    this.jobId = jobId;
    job = new JobNumber(jobId);
  }

  /**
   * Sends the lines as one request and returns when the server has accepted it.
   *
   * @throws SendException with kind {@code FAILED} if the last attempt failed, {@code REFUSED} if
   *     the server refused the lines, {@code JOB_GONE} if there is no such endpoint
   * @throws InterruptedException if the thread was interrupted; the call ends at once, its
   *     connection is closed
   * @throws NullPointerException if {@code lines} is null
   */
  @Override
  public void send(List<String> lines) throws SendException, InterruptedException {
    new Delivery(LogBatch.of(lines)).run();
  }

  /** The job is gone when the server says so of so many batches in a row. */
  private SendException.Kind kind(AttemptException e) {
    if (!(e instanceof ApiException api) || !api.namesJob()) {
      refusals = 0;
      return e.result().kind();
    }
    return ++refusals < REFUSALS_OF_A_JOB_GONE ? e.result().kind() : SendException.Kind.JOB_GONE;
  }

  /**
   * Reports how the job ended, after its log. Retried like a batch; blocks until the attempts end,
   * also while the API is down, and ends when the thread is interrupted.
   *
   * @param variables the job's outcome variables, masked as they shall be seen; may be empty
   * @throws SendException if the server did not accept it
   * @throws InterruptedException if the thread was interrupted
   * @throws NullPointerException if an argument, a key or a value is null
   */
  public void reportOutcome(JobOutcome outcome, Map<String, String> variables)
      throws SendException, InterruptedException {
    report(client.outcomeBody(jobId, outcome, variables), client.attempts().begin());
  }

  /**
   * Reports how the job ended, after its log, within a time. Does not wait for an API that is down,
   * but tries at once, with pauses of at most an eighth of the time left.
   *
   * @param variables the job's outcome variables, masked as they shall be seen; may be empty
   * @param timeout for all attempts and pauses together, 1 ms to 24 h
   * @throws SendException if the server did not accept it in time
   * @throws InterruptedException if the thread was interrupted
   * @throws NullPointerException if an argument, a key or a value is null
   * @throws IllegalArgumentException if {@code timeout} is out of range
   */
  public void reportOutcome(JobOutcome outcome, Map<String, String> variables, Duration timeout)
      throws SendException, InterruptedException {
    SenderSettings.longTimeout("timeout", timeout);
    report(client.outcomeBody(jobId, outcome, variables), client.attempts().begin(timeout));
  }

  private void report(byte[] body, Attempts.Budget budget)
      throws SendException, InterruptedException {
    try {
      client
          .attempts()
          .run(
              SendCall.unbounded(),
              budget,
              limit ->
                  client
                      .transport()
                      .exchange(
                          out -> out.write(body),
                          body.length,
                          limit,
                          Mutation.REPORT_JOB_OUTCOME,
                          jobId));
    } catch (AttemptException e) {
      throw e.toSendException("outcome of job " + job + " not reported");
    }
  }

  /**
   * Returns 96 KiB: what a send holds besides its batch. Not in it are two bits for each line of a
   * batch of which a part was refused or failed, until the call ends: more than that only for
   * batches of very short lines.
   */
  @Override
  public long maxRetainedBytes() {
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

  /**
   * Lines of the batch from an index to before another.
   *
   * @param leftUnanswered whether they were written as lines of a larger part without an answer
   */
  private record Part(int from, int to, boolean leftUnanswered) {}

  /** A batch on its way, in as many parts as the server wants. */
  private final class Delivery {
    private final LogBatch batch;
    private final SendCall call;
    private final byte[] head = client.appendHead(jobId);
    private final Attempts.Budget budget = client.attempts().begin();
    private final ArrayDeque<Part> parts = new ArrayDeque<>();
    private final BitSet undelivered = new BitSet();

    /** Whether lines of the batch have arrived, or may have: an answer takes that back no more. */
    private boolean arrived;

    /** Whether undelivered lines may have arrived. */
    private boolean unconfirmed;

    private String refusal = "";

    /** The shortest request of one line that was too large: what is no shorter is too. */
    private long leastTooLarge = Long.MAX_VALUE;

    Delivery(LogBatch batch) {
      this.batch = batch;
      call = batch.call();
      parts.push(new Part(0, batch.size(), false));
    }

    void run() throws SendException, InterruptedException {
      while (!parts.isEmpty()) {
        Part part = parts.pop();
        Request request = new Request(part);
        if (request.body.length() >= leastTooLarge) {
          split(part, request);
          continue;
        }
        try {
          client.attempts().run(call, budget, request);
          arrived = true;
          refusals = 0;
          if (undelivered.isEmpty()) {
            call.delivered(part.to);
          }
        } catch (AttemptException e) {
          if (!(e instanceof ApiException tooLarge) || !tooLarge.isTooLarge()) {
            throw failure(part, request.leftUnanswered, e);
          }
          tellTooLarge(part, request, tooLarge);
          split(part, request);
        }
      }
      if (!undelivered.isEmpty()) {
        refusals = 0;
        tellUnconfirmed();
        throw new SendException(
            SendException.Kind.REFUSED,
            undelivered.cardinality() + " lines of job " + job + " not sent: " + refusal,
            null,
            undelivered);
      }
    }

    private void tellTooLarge(Part part, Request request, ApiException e) {
      if (part.to - part.from == 1) {
        refusal = e.getMessage() + ", with a line of " + request.body.length() + " bytes in JSON";
        if (e.result() == ApiResult.TOO_LARGE) {
          leastTooLarge = Math.min(leastTooLarge, request.body.length());
        }
      }
    }

    private void split(Part part, Request request) {
      if (part.to - part.from > 1) {
        int middle = (part.from + part.to) >>> 1;
        parts.push(new Part(middle, part.to, request.leftUnanswered));
        parts.push(new Part(part.from, middle, request.leftUnanswered));
      } else {
        undelivered.set(part.from, part.to);
        unconfirmed |= request.leftUnanswered;
      }
    }

    private SendException failure(Part part, boolean leftUnanswered, AttemptException e) {
      undelivered.set(part.from, batch.size());
      unconfirmed |= leftUnanswered || parts.stream().anyMatch(Part::leftUnanswered);
      tellUnconfirmed();
      SendException.Kind kind = kind(e);
      String what =
          kind == SendException.Kind.JOB_GONE ? " not sent, nor what follows: " : " not sent: ";
      return new SendException(kind, "log of job " + job + what + e.getMessage(), e, undelivered);
    }

    /** From here on it is about the undelivered lines alone. */
    private void tellUnconfirmed() {
      if (unconfirmed) {
        call.written();
      } else {
        call.answered();
      }
    }

    /** The attempts at one request. */
    private final class Request implements Attempts.Attempt {
      private final LogChunkBody body;
      private boolean leftUnanswered;
      private boolean written;
      private int lostWriting;

      Request(Part part) {
        body = new LogChunkBody(batch, part.from, part.to, head);
        leftUnanswered = part.leftUnanswered;
      }

      @Override
      public void run(Duration limit) throws ApiException, InterruptedException {
        written = false;
        try {
          client
              .transport()
              .exchange(this::write, body.length(), limit, Mutation.APPEND_JOB_LOG, jobId);
        } catch (ApiException e) {
          if (!e.result().isAnswered()) {
            leftUnanswered |= written;
            arrived |= written;
          } else if (!arrived) {
            call.answered();
          }
          lostWriting = e.result() == ApiResult.LOST_WRITING ? lostWriting + 1 : 0;
          if (lostWriting == 2 && body.length() > LARGE_BODY_BYTES) {
            throw e.asTooLarge();
          }
          throw e;
        }
      }

      private void write(OutputStream out) throws IOException {
        body.writeTo(out);
        written = true;
        call.written();
      }
    }
  }
}
