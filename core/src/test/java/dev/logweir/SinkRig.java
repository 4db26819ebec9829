package dev.logweir;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.testkit.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/** A sink with nothing before it: what a drain would do, the test does. */
abstract class SinkRig {
  static final int SEGMENT = Segment.capacity(Segment.SMALL);

  /** A line that alone fills a batch. */
  static final int FULL = 4 * SEGMENT;

  static final long INTERVAL = 9;

  int drainsAskedFor;
  final ManualTime time = new ManualTime();
  final SteppedSends sends = new SteppedSends();
  final LogweirEngine engine =
      LogweirEngine.builder()
          .time(time)
          .sendExecutor(sends)
          .closeExecutor(sends)
          .drainThreads(
              task -> {
                drainsAskedFor++;
                throw new OutOfMemoryError("no thread to be had");
              })
          .build();
  final List<Job> jobs = new ArrayList<>();

  /** What arrived: each batch as its lines, shown by their first letters and lengths. */
  final List<String> arrived = new ArrayList<>();

  BatchSender fate = lines -> {};

  SinkRig() {
    time.whileWaiting((latch, nanos) -> latch.getCount() == 0);
  }

  @AfterEach
  void close() {
    sends.close(false);
    for (Job job : jobs) {
      job.finish(0);
    }
    sendAll();
    assertThat(time.pending()).as("timers").isZero();
    engine.close(Duration.ZERO);
  }

  JobSettings settings() {
    JobSettings settings = new JobSettings();
    settings.maxSize(4 << 10);
    settings.intervalNanos = INTERVAL;
    return settings;
  }

  BatchSender sender(int maxBatchBytes) {
    return new BatchSender() {
      @Override
      public void send(List<String> lines) throws Exception {
        sends.park();
        fate.send(lines);
        arrived.add(shown(lines));
      }

      @Override
      public int maxBatchBytes() {
        return maxBatchBytes;
      }
    };
  }

  static String shown(List<String> lines) {
    List<String> texts = new ArrayList<>();
    for (String line : Tokenless.lines(lines)) {
      texts.add(line.length() < 100 ? line : line.charAt(0) + "*" + line.length());
    }
    return String.join("|", texts);
  }

  Job start(JobSettings settings, boolean streams, BatchSender... senders) {
    settings.engine(engine);
    List.of(senders).forEach(settings::sink);
    Job job = Job.start(settings.complete(), streams);
    jobs.add(job);
    return job;
  }

  Sink sink(JobSettings settings) {
    return start(settings, false, sender(Integer.MAX_VALUE)).firstSink();
  }

  Sink sink() {
    return sink(settings());
  }

  void sendAll() {
    while (sends.runAll()) {
      // until nothing is handed over any more
    }
  }

  /** Adds a line of some bytes with its end, as a run; returns whether there was room. */
  static boolean add(Sink sink, char letter, int bytes) {
    int room = sink.intake.prepare(bytes, bytes, false, 0);
    if (room > 0) {
      assertThat(room).isEqualTo(bytes);
      byte[] line = new byte[bytes];
      Arrays.fill(line, (byte) letter);
      line[bytes - 1] = '\n';
      addLine(sink, line);
    }
    return room > 0;
  }

  /** Adds a line with its end as a drain does, for which there must be room. */
  static void addLine(Sink sink, byte[] line) {
    LineRun run = new LineRun();
    run.begin(line, 0, line.length);
    run.lines = 1;
    run.source = LineReader.NO_SOURCE;
    sink.intake.addRun(run, false);
  }

  /** What the task does that got no thread. */
  static void notStarted(Sink sink) {
    sink.lock.lock();
    try {
      sink.retryTask();
    } finally {
      sink.lock.unlock();
    }
  }

  static boolean pass(Sink sink, char letter, int bytes) {
    boolean added = add(sink, letter, bytes);
    sink.passEnded();
    return added;
  }

  static LogLine piece(String text) {
    LogLine piece = new LogLine(LogSource.STDOUT);
    piece.setContent(text.getBytes(US_ASCII), 0, text.length());
    piece.setPart(true, true, false);
    piece.setTally(text.length() + 1L, 1);
    return piece;
  }

  static boolean submit(Sink sink, String text) {
    long cost = sink.intake.weigh(text.length());
    boolean added = sink.intake.submit(piece(text), Markers.Mark.NONE, cost);
    sink.startIfClaimed();
    return added;
  }

  /** Returns the job that a sink of this rig is of. */
  Job job(Sink sink) {
    return jobs.stream().filter(job -> job == sink.job).findFirst().orElseThrow();
  }

  SinkReport report(Sink sink) {
    Job job = job(sink);
    return job.report().sinks().get(job.places.sinks.indexOf(sink));
  }

  static Tally held(Sink sink) {
    sink.lock.lock();
    try {
      return sink.heldInBatches();
    } finally {
      sink.lock.unlock();
    }
  }

  static long heldBytes(Sink sink) {
    sink.lock.lock();
    try {
      return sink.heldBytes();
    } finally {
      sink.lock.unlock();
    }
  }

  void advance(long nanos) {
    time.advance(Duration.ofNanos(nanos));
  }

  /** Lets the first line go and stand still in the sender, so that nothing more goes. */
  void stall(Sink sink) {
    sends.close(true);
    pass(sink, '1', 2);
    sendAll();
    assertThat(sends.parked()).isEqualTo(1);
  }

  void recover() {
    sends.close(false);
    sendAll();
  }

  /** Lets the batch that is sent go; the next one stands still. */
  void letOneGo() {
    fate =
        lines -> {
          if (lines.get(0).startsWith("a")) {
            sends.close(true);
            sends.park();
          }
        };
    sends.close(false);
    assertThat(arrived).containsExactly("1");
  }

  /** Fills the queue with two batches and the open one with a third. */
  void fillQueue(Sink sink) {
    stall(sink);
    assertThat(add(sink, 'a', FULL)).isTrue();
    assertThat(add(sink, 'b', FULL)).isTrue();
    assertThat(pass(sink, 'c', FULL)).isTrue();
    assertThat(report(sink).droppedTotal()).isEqualTo(Tally.NONE);
  }
}
