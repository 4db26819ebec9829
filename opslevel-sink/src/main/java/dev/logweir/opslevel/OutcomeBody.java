package dev.logweir.opslevel;

import dev.logweir.JobOutcome;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Map;

/** The body of a request that reports an outcome, generated anew for each attempt. */
final class OutcomeBody {
  private final RequestBodies bodies;
  private final String jobId;
  private final JobOutcome outcome;
  private final Map<String, String> variables;
  private final long length;

  OutcomeBody(
      RequestBodies bodies, String jobId, JobOutcome outcome, Map<String, String> variables) {
    this.bodies = bodies;
    this.jobId = jobId;
    this.outcome = outcome;
    this.variables = variables;
    Counter counter = new Counter();
    try {
      writeTo(counter);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    length = counter.bytes;
  }

  long length() {
    return length;
  }

  void writeTo(OutputStream out) throws IOException {
    bodies.writeOutcome(out, jobId, outcome, variables);
    out.flush();
  }

  private static final class Counter extends OutputStream {
    private long bytes;

    @Override
    public void write(int b) {
      bytes++;
    }

    @Override
    public void write(byte[] source, int offset, int length) {
      bytes += length;
    }
  }
}
