package dev.logweir.faktory;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.SendCall;
import dev.logweir.sender.AttemptException;
import dev.logweir.sender.Attempts;
import dev.logweir.sender.CommonResult;
import dev.logweir.sender.TlsFailure;
import java.io.IOException;
import java.net.ProtocolException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The attempts at pushing one job, always the same one. Used by one thread. */
final class Push implements Attempts.Attempt {
  private final FaktoryClient client;
  private final FaktoryConnection.Body job;
  private final @Nullable String batchId;
  private final SendCall call;

  /** Whether a connection was tried: idle ones are not trusted any more. */
  private boolean again;

  private boolean accepted;
  private boolean leftUnanswered;
  private boolean written;

  /**
   * Creates the attempts at a job.
   *
   * @param job writes it, as often as there are attempts
   * @param batchId of the batch in Faktory that it goes through; null for none
   * @param call gets what was written and answered
   */
  Push(FaktoryClient client, FaktoryConnection.Body job, @Nullable String batchId, SendCall call) {
    this.client = client;
    this.job = job;
    this.batchId = batchId;
    this.call = call;
  }

  /** Whether the server has the job, whether its batch was committed or not. */
  boolean isAccepted() {
    return accepted;
  }

  @Override
  public void run(Duration limit) throws AttemptException, InterruptedException {
    run(System.nanoTime() + limit.toNanos());
  }

  /**
   * A connection that has been idle may have died unseen: then a fresh one is opened at once. It is
   * opened in the place of the old one: a push that gave its place back would have to wait behind
   * all others.
   */
  private void run(long deadlineNanos) throws AttemptException, InterruptedException {
    FaktoryConnection connection = client.pool().borrow(deadlineNanos);
    boolean done = false;
    try {
      if (again) {
        connection.renew();
      }
      again = true;
      boolean reused = connection.isOpened();
      try {
        run(connection, deadlineNanos);
      } catch (AttemptException e) {
        if (!reused || e.result() != PushResult.LOST) {
          throw e;
        }
        connection.renew();
        run(connection, deadlineNanos);
      }
      done = true;
    } finally {
      if (done) {
        client.pool().giveBack(connection);
      } else {
        client.pool().discard(connection);
      }
    }
  }

  private void run(FaktoryConnection connection, long deadlineNanos)
      throws AttemptException, InterruptedException {
    written = false;
    try {
      if (Thread.interrupted()) {
        throw new InterruptedException("interrupted before pushing");
      }
      if (!connection.isOpened()) {
        connection.open(Math.min(deadlineNanos, client.connectDeadlineNanos()));
      }
      connection.setDeadline(deadlineNanos);
      exchange(connection);
    } catch (IOException e) {
      leftUnanswered |= written;
      AttemptException failure = failure(e, connection);
      if (failure.result() == PushResult.LOST
          || failure.result() == PushResult.NOT_GREETED
          || failure.result() == PushResult.TIMED_OUT) {
        client.pool().dropIdle();
      }
      throw failure;
    }
  }

  private void exchange(FaktoryConnection connection) throws IOException, AttemptException {
    if (batchId == null) {
      push(connection);
      return;
    }
    if (!accepted) {
      Reply opened = command(connection, "BATCH OPEN", batchId);
      if (opened.kind() == Reply.Kind.NUMBER || !batchId.equals(opened.text())) {
        throw new ProtocolException("the reply to BATCH OPEN is not the batch's id");
      }
      push(connection);
    }
    expectOk(command(connection, "BATCH COMMIT", batchId));
  }

  private void push(FaktoryConnection connection) throws IOException, AttemptException {
    connection.write(
        "PUSH",
        out -> {
          job.writeTo(out);
          // Before the line's end goes: from then on the server may have the job.
          written = true;
          call.written();
        });
    Reply reply = connection.read();
    if (reply.kind() == Reply.Kind.ERROR) {
      written = false;
      AttemptException error = client.error(reply);
      // The one that the server has is ours: the answer to an earlier push of it was lost.
      if (error.result() != PushResult.NOT_UNIQUE || !leftUnanswered) {
        if (!leftUnanswered) {
          call.answered();
        }
        throw error;
      }
    } else {
      expectOk(reply);
      written = false;
    }
    accepted = true;
  }

  private Reply command(FaktoryConnection connection, String command, String argument)
      throws IOException, AttemptException {
    connection.write(command, out -> out.write(argument.getBytes(UTF_8)));
    Reply reply = connection.read();
    if (reply.kind() == Reply.Kind.ERROR) {
      throw client.error(reply);
    }
    return reply;
  }

  private static void expectOk(Reply reply) throws ProtocolException {
    if (!reply.isOk()) {
      throw new ProtocolException("a command is not answered with OK");
    }
  }

  private AttemptException failure(IOException e, FaktoryConnection connection)
      throws InterruptedException {
    if (Thread.interrupted()) {
      InterruptedException interrupted = new InterruptedException("interrupted while pushing");
      interrupted.initCause(e);
      throw interrupted;
    }
    if (client.pool().isClosed()) {
      return new AttemptException(CommonResult.CLOSED, "the client is closed", e);
    }
    PushResult result = classify(e, connection.phase());
    String message =
        switch (result) {
          case TIMED_OUT ->
              connection.phase() == FaktoryConnection.Phase.IN_COMMAND
                  ? "no complete reply in time"
                  : "no connection in time";
          case LOST -> "the connection was lost before the reply";
          case NOT_GREETED -> "the connection was lost before the greeting";
          case MALFORMED -> "the server does not speak Faktory's protocol";
          case UNTRUSTED -> "the server's certificate is not trusted";
          case TLS_FAILED -> "the TLS handshake failed";
          default -> "no connection to " + client;
        };
    boolean silent = result == PushResult.LOST || result == PushResult.TIMED_OUT;
    boolean unanswered = silent && connection.awaitsReply();
    return new AttemptException(result, message + ": " + e, e, unanswered, Duration.ZERO);
  }

  private static PushResult classify(IOException e, FaktoryConnection.Phase phase) {
    if (e instanceof SocketTimeoutException) {
      return PushResult.TIMED_OUT;
    }
    if (e instanceof ProtocolException) {
      return PushResult.MALFORMED;
    }
    return switch (phase) {
      case CONNECTING -> PushResult.UNREACHABLE;
      case SECURING ->
          switch (TlsFailure.of(e)) {
            case UNTRUSTED -> PushResult.UNTRUSTED;
            case FAILED -> PushResult.TLS_FAILED;
            case LOST -> PushResult.NOT_GREETED;
          };
      case GREETING -> PushResult.NOT_GREETED;
      case IN_COMMAND, READY -> PushResult.LOST;
    };
  }
}
