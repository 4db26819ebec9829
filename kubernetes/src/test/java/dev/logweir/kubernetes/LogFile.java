package dev.logweir.kubernetes;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * A container's log as a kubelet has it: it takes the time to begin at as an instant, looks at each
 * line by itself, and knows nothing of what it sent before. With a clock that only waiting moves.
 */
final class LogFile implements PodLogStream.Source, PodLogStream.Clock {
  static final PodLook RUNNING = new PodLook(PodLook.State.RUNNING, "running", "u-1");
  static final PodLook ENDED = new PodLook(PodLook.State.CONTAINER_GONE, "it has ended", null);

  private static final int MAX_ASKED = 200;

  /** What an answer does. */
  interface Answer {
    InputStream run(String since) throws IOException;
  }

  final List<String> lines = new ArrayList<>();
  final List<String> asked = new ArrayList<>();
  PodLook look = RUNNING;

  /** What is answered first; then the whole log, after which the container has ended. */
  final ArrayDeque<Answer> answers = new ArrayDeque<>();

  private long nanos;

  /** The lines from a time on, each with its end. */
  String from(String since, List<String> all) {
    StringBuilder text = new StringBuilder();
    for (String line : all) {
      Instant time = OffsetDateTime.parse(line.substring(0, line.indexOf(' '))).toInstant();
      if (since.isEmpty() || !time.isBefore(Instant.parse(since))) {
        text.append(line).append('\n');
      }
    }
    return text.toString();
  }

  /** Answers with so many bytes of the first lines, and then ends in good order, or breaks. */
  LogFile then(int lineCount, int bytes, boolean breaks) {
    return then(
        since -> {
          byte[] all = utf8(from(since, lines.subList(0, Math.min(lineCount, lines.size()))));
          InputStream part = new ByteArrayInputStream(all, 0, Math.min(all.length, bytes));
          return breaks ? new Breaking(part) : part;
        });
  }

  LogFile then(Answer answer) {
    answers.add(answer);
    return this;
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public InputStream open(String since, boolean follow) throws IOException {
    asked.add(since);
    if (asked.size() > MAX_ASKED) {
      throw new AssertionError("asked without end, last from " + since);
    }
    Answer next = answers.poll();
    if (next != null) {
      return next.run(since);
    }
    look = ENDED;
    return new ByteArrayInputStream(utf8(from(since, lines)));
  }

  @Override
  public PodLook look() {
    return look;
  }

  @Override
  public long nanoTime() {
    return nanos;
  }

  @Override
  public boolean await(CountDownLatch latch, Duration timeout) {
    nanos += timeout.toNanos();
    return latch.getCount() == 0;
  }

  /** What a reader got, and how it ended. */
  record Read(List<String> lines, PodLogStream.End end) {}

  Read readAll(Duration maxOutage) throws IOException {
    try (PodLogStream stream = new PodLogStream(this, maxOutage, "GAP", this)) {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      try {
        stream.transferTo(all);
      } catch (SeveredException e) {
        // what the end says
      }
      String text = all.toString(StandardCharsets.UTF_8);
      return new Read(text.isEmpty() ? List.of() : List.of(text.split("\n", 0)), stream.end());
    }
  }

  private static final class Breaking extends InputStream {
    private final InputStream input;

    Breaking(InputStream input) {
      this.input = input;
    }

    @Override
    public int read() throws IOException {
      throw new IOException("never read one by one");
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int count = input.read(bytes, offset, length);
      if (count < 0) {
        throw new IOException("cut");
      }
      return count;
    }
  }
}
