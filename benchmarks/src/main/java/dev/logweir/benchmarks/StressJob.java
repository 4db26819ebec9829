package dev.logweir.benchmarks;

import dev.logweir.LinePrefixer;
import dev.logweir.LogLine;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import dev.logweir.OverflowPolicy;
import dev.logweir.SecretMasker;
import dev.logweir.SinkReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** One job of the stress run: what it is made of, how it ends, and what must hold of it. */
final class StressJob {
  static final String SECRET = "correct#horse#battery#staple";
  private static final Duration TIMEOUT = Duration.ofSeconds(1);
  private static final long SLACK_NANOS = TimeUnit.SECONDS.toNanos(8);
  private static final int[] SIZES = {4 << 10, 8 << 10, 64 << 10, 256 << 10};
  private static final int[] LONGEST = {12, 100, 1_500};
  private static final Duration[] INTERVALS = {
    Duration.ZERO, Duration.ofMillis(15), Duration.ofSeconds(30)
  };

  /** How a job ends. */
  enum End {
    FINISH,
    CLOSE,
    INTERRUPT,
    CLOSE_WHILE_FINISHING,
    WITHIN_SENDER,
    WITHIN_PROCESSOR,
    STREAMS_THEN_FINISH,
    ENGINE
  }

  final End end;
  private final String name;
  private final SplittableRandom random;
  private final boolean masked;
  private final boolean prefixed;
  private final boolean hostileProcessor;
  private final boolean joinsFirst;
  private final int longest;
  private final int hostility;
  private final AtomicLong longestWrite;
  private final AtomicInteger afterLogs = new AtomicInteger();
  private final CountDownLatch endAsked = new CountDownLatch(1);
  private final List<StressCheck> checks = new ArrayList<>();
  private final List<StressSender> senders = new ArrayList<>();
  private final LogStreamer log;
  private final StressWriter out;
  private final StressWriter err;
  private final List<String> faults = new ArrayList<>();
  private volatile @Nullable LogStreamer started;
  private @Nullable LogReport report;
  private boolean cancelled;
  private long overrunNanos;
  private long mostRetained;

  StressJob(
      String name,
      long seed,
      LogweirEngine engine,
      StressSender.Flaw flaw,
      CountDownLatch roundOver,
      AtomicLong longestWrite) {
    this.name = name;
    this.longestWrite = longestWrite;
    random = new SplittableRandom(seed);
    end = End.values()[random.nextInt(End.values().length)];
    masked = random.nextInt(3) > 0;
    prefixed = random.nextBoolean();
    hostileProcessor = random.nextInt(3) == 0;
    joinsFirst = random.nextBoolean();
    hostility = flaw == StressSender.Flaw.NONE && random.nextInt(3) > 0 ? random.nextInt(40) : 0;
    longest = LONGEST[random.nextInt(LONGEST.length)];
    int sinks = 1 + random.nextInt(2);
    for (int i = 0; i < sinks; i++) {
      StressCheck check =
          new StressCheck(masked ? SECRET : "", prefixed, this::removes, !writesAll());
      checks.add(check);
      Runnable within = end == End.WITHIN_SENDER ? this::endFromWithin : null;
      senders.add(new StressSender(random.nextLong(), hostility, check, roundOver, flaw, within));
    }
    log = builder(engine).start();
    started = log;
    int count = 200 + random.nextInt(3_000);
    out = writer('o', seed, count);
    err = writer('e', seed, random.nextInt(3) == 0 ? 0 : count / 2);
  }

  private StressWriter writer(char stream, long seed, int count) {
    return new StressWriter(
        name + stream,
        stream == 'o' ? log.stdout() : log.stderr(),
        new StressLines(seed, stream, SECRET, longest),
        random.nextLong(),
        count,
        longestWrite);
  }

  private LogStreamer.Builder builder(LogweirEngine engine) {
    int maxSize = SIZES[random.nextInt(SIZES.length)];
    LogStreamer.Builder builder =
        LogStreamer.builder(senders.get(0))
            .engine(engine)
            .maxSize(maxSize)
            .flushTimeout(TIMEOUT)
            .maxInterval(INTERVALS[random.nextInt(INTERVALS.length)])
            .overflow(
                random.nextBoolean() ? OverflowPolicy.DROP_NEWEST : OverflowPolicy.DROP_OLDEST)
            .afterLog(ended -> afterLogs.incrementAndGet());
    senders.subList(1, senders.size()).forEach(builder::sink);
    if (random.nextInt(3) == 0) {
      builder.maxLineBytes(256 + random.nextInt(maxSize / 2 - 255));
    }
    if (masked) {
      builder.processor(SecretMasker.of(List.of(SECRET)));
    }
    if (hostileProcessor || end == End.WITHIN_PROCESSOR) {
      builder.processor(this::process);
    }
    if (prefixed) {
      builder.processor(LinePrefixer.numbered());
    }
    if (random.nextInt(4) == 0) {
      builder.listener(
          line -> {
            if (line.number() % 97 == 0) {
              throw new IllegalStateException("on purpose");
            }
          });
    }
    return builder;
  }

  /** Whether all is written before the job's end begins. */
  private boolean writesAll() {
    return joinsFirst && end != End.WITHIN_PROCESSOR && end != End.WITHIN_SENDER;
  }

  private boolean removes(int number) {
    return hostileProcessor && number % 37 == 5;
  }

  /** Removes, loses and lengthens some lines, and ends the job from within if it is to. */
  private void process(LogLine line) {
    String text = line.text();
    boolean isCell = text.startsWith("<") && text.length() > StressLines.CELL;
    int number = isCell ? Integer.parseInt(text.substring(2, 9), 16) : -1;
    if (end == End.WITHIN_PROCESSOR && number == 150) {
      endFromWithin();
    }
    if (!hostileProcessor || number < 0 || !line.isWhole()) {
      return;
    }
    if (removes(number)) {
      line.remove();
    } else if (number % 41 == 7) {
      throw new IllegalStateException("on purpose");
    } else if (number % 29 == 3) {
      line.replace(text + "\n" + StressCheck.GROWN);
    }
  }

  private void endFromWithin() {
    LogStreamer job = started;
    if (job != null) {
      job.finish(TIMEOUT);
      endAsked.countDown();
    }
  }

  /** Runs it to its end. What an engine ends is ended by the caller. */
  void run() throws InterruptedException {
    out.start();
    err.start();
    if (writesAll()) {
      join(out);
      join(err);
    } else {
      sample();
    }
    switch (end) {
      case FINISH -> finish();
      case CLOSE -> {
        long begun = System.nanoTime();
        log.close();
        ended(begun, log.report());
      }
      case INTERRUPT -> {
        Thread.currentThread().interrupt();
        finish();
        cancelled = true;
        if (!Thread.interrupted()) {
          faults.add("the interrupt was not restored");
        }
      }
      case CLOSE_WHILE_FINISHING -> {
        Thread finishing = new Thread(this::finish, name + "-finish");
        finishing.start();
        log.close();
        finishing.join();
      }
      case WITHIN_SENDER, WITHIN_PROCESSOR -> {
        join(out);
        join(err);
        finish(); // waits for the end that may have begun from within
      }
      case STREAMS_THEN_FINISH -> {
        log.stdout().close();
        log.stderr().close();
        finish();
      }
      case ENGINE -> {}
    }
  }

  private void sample() {
    for (int i = 0; i < 50; i++) {
      long retained = log.retainedBytes();
      mostRetained = Math.max(mostRetained, retained);
      if (retained > log.maxRetainedBytes()) {
        faults.add("held " + retained + " bytes, at most " + log.maxRetainedBytes());
      }
      balance(log.report(), false);
      Thread.onSpinWait();
    }
  }

  private void finish() {
    long begun = System.nanoTime();
    LogReport last = log.finish(TIMEOUT);
    ended(begun, last);
  }

  private void ended(long begun, LogReport last) {
    overrunNanos = System.nanoTime() - begun - TIMEOUT.toNanos();
    report = last;
  }

  private static void join(StressWriter writer) throws InterruptedException {
    writer.join(TimeUnit.MINUTES.toMillis(1));
  }

  private void balance(LogReport at, boolean last) {
    for (SinkReport sink : at.sinks()) {
      var sum = sink.shipped().plus(sink.filtered()).plus(sink.droppedTotal()).plus(sink.held());
      if (!sum.equals(sink.accepted()) || (last && !sink.held().isZero())) {
        faults.add("the balance does not close: " + sink);
      }
    }
  }

  /** Checks what must hold after the end of the job and of its engine; returns what does not. */
  List<String> faults() throws InterruptedException {
    out.stop(true);
    err.stop(true);
    for (StressWriter writer : List.of(out, err)) {
      join(writer);
      if (writer.isAlive()) {
        faults.add("a write does not return");
        return faults;
      }
      if (writer.failure() != null) {
        faults.add("a write threw " + writer.failure());
      }
    }
    LogReport last = report == null ? log.report() : report;
    balance(last, true);
    if (overrunNanos > SLACK_NANOS) {
      faults.add("the end took " + TimeUnit.NANOSECONDS.toMillis(overrunNanos) + " ms too long");
    }
    if (cancelled && afterLogs.get() > 0) {
      faults.add("a cancelled job ran what comes after its log");
    }
    for (int i = 0; i < senders.size(); i++) {
      sink(senders.get(i), checks.get(i), last.sinks().get(i), writesAll());
    }
    return faults;
  }

  private void sink(StressSender sender, StressCheck check, SinkReport sink, boolean allAccepted) {
    sender.jobOver();
    long bytes = out.bytes() + err.bytes();
    long lines = out.lines() + err.lines();
    if (allAccepted && (sink.accepted().bytes() != bytes || sink.accepted().lines() != lines)) {
      faults.add("wrote " + lines + " lines, " + bytes + " bytes; accepted " + sink.accepted());
    }
    if (sink.accepted().bytes() > bytes) {
      faults.add("accepted more than was written: " + sink.accepted());
    }
    if (allAccepted) {
      check.end(sink.isComplete(), out.written(), err.written());
    }
    if (check.fault() != null) {
      faults.add(check.fault());
    }
    if (sender.fault() != null) {
      faults.add(sender.fault());
    }
    if (sender.closes() != 1) {
      faults.add("a sender was closed " + sender.closes() + " times");
    }
  }

  /** Returns what is charged to it: nothing, after its end and that of all its calls. */
  long retainedBytes() {
    return log.retainedBytes();
  }

  /** Adds what it did to the counts. */
  void count(StressCounts counts) {
    LogReport last = report == null ? log.report() : report;
    counts.jobs++;
    counts.ends.merge(end, 1L, Long::sum);
    counts.bytesWritten += out.bytes() + err.bytes();
    counts.linesWritten += out.lines() + err.lines();
    counts.longestOverrunNanos = Math.max(counts.longestOverrunNanos, overrunNanos);
    counts.complete += last.isComplete() ? 1 : 0;
    for (int i = 0; i < senders.size(); i++) {
      SinkReport sink = last.sinks().get(i);
      counts.shippedLines += sink.shipped().lines();
      counts.filteredLines += sink.filtered().lines();
      sink.dropped()
          .forEach((reason, tally) -> counts.dropped.merge(reason, tally.lines(), Long::sum));
      counts.sends += senders.get(i).calls();
      counts.piecesChecked += checks.get(i).pieces();
      counts.markers += checks.get(i).markers();
    }
  }

  @Override
  public String toString() {
    return name
        + " ["
        + end
        + (masked ? ", masked" : "")
        + (prefixed ? ", prefixed" : "")
        + (hostileProcessor ? ", hostile processor" : "")
        + (joinsFirst ? ", writers first" : "")
        + ", longest line "
        + longest
        + " cells, hostility "
        + hostility
        + ", "
        + senders.size()
        + " sinks]";
  }
}
