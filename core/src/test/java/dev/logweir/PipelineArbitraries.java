package dev.logweir;

import java.time.Duration;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/** Settings and sequences of steps, simple ones first. */
final class PipelineArbitraries {
  private static final int MAX_STEPS = 40;

  private PipelineArbitraries() {}

  /** Settings of every kind, without a budget. */
  static Arbitrary<PipelineSetup> setups(int maxSinks) {
    Arbitrary<Integer> sizes =
        Arbitraries.frequency(
            Tuple.of(4, 4 << 10),
            Tuple.of(2, 5_000),
            Tuple.of(3, 8 << 10),
            Tuple.of(2, 16 << 10),
            Tuple.of(1, 64 << 10));
    Arbitrary<Integer> lineShares = Arbitraries.of(0, 0, 1, 2);
    Arbitrary<Integer> bounds =
        Arbitraries.frequency(
            Tuple.of(4, Integer.MAX_VALUE), Tuple.of(1, 1_200), Tuple.of(1, 5_000));
    Arbitrary<Duration> intervals = Arbitraries.of(Duration.ofSeconds(30), Duration.ZERO);
    return Combinators.combine(
            sizes,
            lineShares,
            Arbitraries.integers().between(1, maxSinks),
            bounds,
            Arbitraries.of(OverflowPolicy.values()),
            intervals,
            Arbitraries.of(false, false, true),
            Arbitraries.of(false, false, true))
        .as(
            (size, share, sinks, bound, overflow, interval, byLine, replaces) ->
                new PipelineSetup(
                    size,
                    share == 0 ? 0 : share == 1 ? 256 : size / 2,
                    sinks,
                    bound,
                    overflow,
                    true,
                    interval,
                    0,
                    byLine,
                    replaces));
  }

  static Arbitrary<Text> texts() {
    Arbitrary<Text.Kind> kinds = Arbitraries.of(Text.Kind.class);
    Arbitrary<Integer> tails =
        Arbitraries.frequencyOf(
            Tuple.of(3, Arbitraries.just(0)),
            Tuple.of(2, Arbitraries.integers().between(0, 40)),
            Tuple.of(1, Arbitraries.integers().between(0, 2_500)));
    Arbitrary<int[]> shapes =
        Arbitraries.frequencyOf(
            Tuple.of(4, shape(4, 120)),
            Tuple.of(2, shape(60, 120)),
            Tuple.of(2, shape(900, 2)),
            Tuple.of(1, shape(3, 2_600)),
            Tuple.of(1, shape(1, 20_000)),
            Tuple.of(1, shape(1, 0)));
    return Combinators.combine(kinds, shapes, tails)
        .as((kind, shape, tail) -> new Text(kind, shape[0], shape[1], tail));
  }

  private static Arbitrary<int[]> shape(int maxLines, int maxBytes) {
    return Combinators.combine(
            Arbitraries.integers().between(0, maxLines),
            Arbitraries.integers().between(0, maxBytes))
        .as((lines, bytes) -> new int[] {lines, bytes});
  }

  private static Arbitrary<LogSource> sources(boolean both) {
    return both ? Arbitraries.of(LogSource.values()) : Arbitraries.just(LogSource.STDOUT);
  }

  /** Sequences without failures: the server stands still at most. */
  static Arbitrary<List<Step>> stalls(boolean bothStreams) {
    return sequences(bothStreams, texts(), Arbitraries.just(SteppedSender.Mode.TAKE));
  }

  /** Sequences with every kind of failure. */
  static Arbitrary<List<Step>> failures() {
    return sequences(true, texts(), Arbitraries.of(SteppedSender.Mode.class));
  }

  /**
   * Sequences in which all of a batch arrives or nothing, so that a marker tells what is missing
   * before it. Of two streams, no line is empty, so that each can be told from the other's.
   */
  static Arbitrary<List<Step>> wholeFailures(boolean bothStreams) {
    Arbitrary<Text> texts =
        bothStreams
            ? texts().map(t -> new Text(t.kind(), t.lines(), t.lineBytes() + 1, t.tailBytes()))
            : texts();
    return sequences(
        bothStreams,
        texts,
        Arbitraries.of(
            SteppedSender.Mode.TAKE,
            SteppedSender.Mode.FAIL,
            SteppedSender.Mode.ERROR,
            SteppedSender.Mode.REFUSE));
  }

  /** Sequences in which batches arrive, in parts too, or fail, and none is the last. */
  static Arbitrary<List<Step>> partialFailures() {
    return sequences(
        true,
        texts(),
        Arbitraries.of(
            SteppedSender.Mode.TAKE,
            SteppedSender.Mode.FAIL,
            SteppedSender.Mode.SOME_LINES,
            SteppedSender.Mode.FIRST_LINES));
  }

  private static Arbitrary<List<Step>> sequences(
      boolean bothStreams, Arbitrary<Text> texts, Arbitrary<SteppedSender.Mode> modes) {
    Arbitrary<Step> writes =
        Combinators.combine(sources(bothStreams), texts).as((to, text) -> new Step.Write(to, text));
    Arbitrary<Step> closes = sources(bothStreams).map(Step.CloseStream::new);
    Arbitrary<Step> stall = Arbitraries.of(true, false).map(Step.Stall::new);
    Arbitrary<Step> fates = modes.map(Step.Fate::new);
    Arbitrary<Step> time =
        Arbitraries.longs().between(1, 40_000).map(ms -> new Step.Pass(Duration.ofMillis(ms)));
    Arbitrary<Step> steps =
        Arbitraries.frequencyOf(
            Tuple.of(24, writes),
            Tuple.of(12, Arbitraries.just(new Step.Drain())),
            Tuple.of(8, Arbitraries.just(new Step.Send())),
            Tuple.of(6, stall),
            Tuple.of(4, fates),
            Tuple.of(3, time),
            Tuple.of(1, closes));
    return steps.list().ofMinSize(1).ofMaxSize(MAX_STEPS).edgeCases(e -> e.none());
  }

  static Arbitrary<Step.End> ends() {
    return Arbitraries.of(Step.End.class);
  }
}
