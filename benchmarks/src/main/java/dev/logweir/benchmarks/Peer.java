package dev.logweir.benchmarks;

import dev.logweir.LinePrefixer;
import dev.logweir.LogProcessor;
import dev.logweir.OutcomeVariables;
import dev.logweir.SecretMasker;
import java.time.Duration;
import java.util.List;

/** Everything that is measured beside each other. */
enum Peer {
  /** The sends run on the engine's threads, and so do drains, where lines do not go past them. */
  LOGWEIR(
      "Logweir",
      (sink, mode) ->
          mode == Mode.LOSSLESS
              ? job(Duration.ofSeconds(30), 128, false, false, sink)
              : new LogweirDefaults(sink, mode)),

  /** The same with batches that go as soon as the sender is free. */
  LOGWEIR_INTERVAL_0(
      "Logweir, interval of zero",
      (sink, mode) ->
          mode == Mode.LOSSLESS
              ? job(Duration.ZERO, 128, false, false, sink)
              : new LogweirDefaults(sink, Mode.PROMPT)),

  /** The same with a masker of 50 secrets, none of which is in the lines. */
  LOGWEIR_MASKED("Logweir with 50 secrets to mask", (sink, mode) -> masked(sink)),

  /** The same, with the secrets looked for in all encoded forms too. */
  LOGWEIR_ENCODED("Logweir with 50 secrets to mask, encoded too", (sink, mode) -> encoded(sink)),

  /** With time and number before each line. */
  LOGWEIR_PREFIXED(
      "Logweir with time and number before each line",
      (sink, mode) -> with(sink, LinePrefixer.numbered())),

  /** With outcome variables, the masker, and time and number. */
  LOGWEIR_ALL("Logweir with variables, 50 secrets and prefix", (sink, mode) -> all(sink)),

  /** With a processor of a user's own, which does nothing. */
  LOGWEIR_OWN("Logweir with a user's own processor", (sink, mode) -> with(sink, line -> {})),

  /** The writer drains after each 64 KiB, and then does the sends that have become due. */
  LOGWEIR_ONE_THREAD(
      "Logweir, drained and sent by the writer",
      (sink, mode) -> job(Duration.ofSeconds(30), 64, true, false, sink)),

  /** The same with a sender that takes line by line, as one must that encodes each. */
  LOGWEIR_BY_LINE(
      "the same, the sender taking line by line",
      (sink, mode) -> job(Duration.ofSeconds(30), 64, true, true, sink)),

  /** See {@link StringLoop}. */
  STRING_LOOP("String loop that hands over each line", (sink, mode) -> new StringLoop(sink)),

  /** See {@link PipedReader}. */
  PIPE("BufferedReader.lines over a pipe", PipedReader::new),

  /** See {@link PlainPort}. */
  PLAIN_PORT(
      "plain port, tick of 50 ms",
      (sink, mode) -> new PlainPortJob(sink, mode, Duration.ofMillis(50))),

  /** The same with a faster tick. */
  PLAIN_PORT_1MS(
      "plain port, tick of 1 ms",
      (sink, mode) -> new PlainPortJob(sink, mode, Duration.ofMillis(1))),

  /** The same, which masks each line by one replacement after the other. */
  PLAIN_PORT_MASKED(
      "plain port, tick of 1 ms, 50 secrets to mask",
      (sink, mode) -> new PlainPortJob(new ReplacingSink(sink), mode, Duration.ofMillis(1))),

  /** See {@link ZipkinReporter}. */
  ZIPKIN_16K(
      "zipkin AsyncReporter, messages of 16 KiB",
      (sink, mode) -> new ZipkinReporter(sink, mode, 16 << 10)),

  /** The same with larger messages. */
  ZIPKIN_256K(
      "zipkin AsyncReporter, messages of 256 KiB",
      (sink, mode) -> new ZipkinReporter(sink, mode, 256 << 10)),

  /** See {@link OpenTelemetryLogs}. */
  OPENTELEMETRY("OpenTelemetry BatchLogRecordProcessor", OpenTelemetryLogs::new),

  /** The same with a processor that masks. */
  OPENTELEMETRY_MASKED(
      "OpenTelemetry, 50 secrets to mask", (sink, mode) -> new OpenTelemetryLogs(sink, mode, true)),

  /** See {@link LogbackAsync}. */
  LOGBACK("Logback AsyncAppender", LogbackAsync::new),

  /** The same with a layout that masks. */
  LOGBACK_MASKED("Logback, 50 secrets to mask", (sink, mode) -> new LogbackAsync(sink, mode, true)),

  /** See {@link Loki4j}. */
  LOKI4J("loki-logback-appender", Loki4j::new);

  /** Bound of Logweir's and the plain port's buffers, in bytes. */
  static final int MAX_SIZE = 256 << 10;

  final String title;

  @SuppressWarnings("ImmutableEnumChecker") // references to constructors, and lambdas without state
  private final Opener opener;

  Peer(String title, Opener opener) {
    this.title = title;
    this.opener = opener;
  }

  @FunctionalInterface
  private interface Opener {
    Pipeline open(LineSink sink, Mode mode) throws Exception;
  }

  /** Starts one whose lines go to the sink. */
  Pipeline open(LineSink sink, Mode mode) throws Exception {
    return opener.open(sink, mode);
  }

  /** Whether it puts time and number before each line. */
  boolean numbers() {
    return this == LOGWEIR_PREFIXED || this == LOGWEIR_ALL;
  }

  /** Returns what takes the lines that it sends for a sink that wants them as they were written. */
  LineSink asWritten(LineSink sink) {
    return numbers() ? new NumberedLines(sink) : sink;
  }

  private static Pipeline masked(LineSink sink) {
    return with(sink, SecretMasker.of(Secrets.all()));
  }

  private static Pipeline encoded(LineSink sink) {
    return with(sink, SecretMasker.builder().addAll(Secrets.all()).encoded(true).build());
  }

  private static Pipeline all(LineSink sink) {
    SecretMasker masker = SecretMasker.of(Secrets.all());
    return with(sink, OutcomeVariables.maskedBy(masker), masker, LinePrefixer.numbered());
  }

  private static Pipeline with(LineSink sink, LogProcessor... processors) {
    Duration interval = Duration.ofSeconds(30);
    boolean numbered = processors[processors.length - 1] instanceof LinePrefixer;
    return new LogweirJob(
        MAX_SIZE,
        new LogweirJob.Plan(interval, 128 << 10, false, false, List.of(processors), numbered),
        sink);
  }

  private static Pipeline job(
      Duration interval, int kibPerDrain, boolean sendsHere, boolean byLine, LineSink sink) {
    return new LogweirJob(
        MAX_SIZE,
        new LogweirJob.Plan(interval, kibPerDrain << 10, sendsHere, byLine, List.of(), false),
        sink);
  }
}
