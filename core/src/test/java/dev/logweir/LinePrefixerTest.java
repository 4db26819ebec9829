package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.openjdk.jol.info.GraphLayout;

class LinePrefixerTest {
  @Test
  void process_putsTimeAndNumberInFront() {
    ProcessorChain chain = ProcessorChain.of(LinePrefixer.numbered());
    chain.timeMillis = Instant.parse("2026-11-23T22:57:01.999Z").toEpochMilli();
    for (int i = 1; i <= 12; i++) {
      chain.line("line " + i);
    }

    assertThat(chain.lines())
        .startsWith("2026-11-23T22:57:01Z [1] line 1")
        .endsWith("2026-11-23T22:57:01Z [12] line 12");
    assertThat(chain.passedBytes()).isEqualTo(chain.takenBytes);
  }

  @Test
  void process_followsTheTime() {
    ProcessorChain chain = ProcessorChain.of(LinePrefixer.numbered());
    chain.timeMillis = Instant.parse("2026-11-23T22:57:01.999Z").toEpochMilli();
    chain.line("a");
    chain.timeMillis++;
    chain.line("b");
    chain.timeMillis = -1;
    chain.line("c");

    assertThat(chain.lines())
        .containsExactly(
            "2026-11-23T22:57:01Z [1] a",
            "2026-11-23T22:57:02Z [2] b",
            "1969-12-31T23:59:59Z [3] c");
  }

  @Test
  void process_prefixesEveryFragment() {
    ProcessorChain chain = ProcessorChain.of(LinePrefixer.numbered());
    chain.timeMillis = Instant.parse("2026-11-23T22:57:01Z").toEpochMilli();
    chain.fragments(false, "one ", "two");

    assertThat(chain.texts())
        .containsExactly("2026-11-23T22:57:01Z [1] one ", "2026-11-23T22:57:01Z [1] two");
  }

  @Test
  void prefix_fitsForTheLargestNumberAndTheLastTime() throws Exception {
    LogLine line = new LogLine(LogSource.STDOUT);
    StringBuilder text = new StringBuilder();
    LinePieces pieces = new LinePieces(new TextTarget(text), new LogLine(LogSource.STDOUT), 4096);
    pieces.lend(new byte[4096]);
    line.setContent(new byte[0], 0, 0);
    line.setPart(true, true, false);
    line.setPosition(Long.MAX_VALUE, Long.MAX_VALUE);
    line.replaceThrough(pieces);
    LinePrefixer.numbered().process(line);
    pieces.end(line);

    assertThat(text).hasToString("+292278994-08-17T07:12:55Z [9223372036854775807] ");
  }

  @Test
  void process_allocatesNothingWithinASecond() throws Exception {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    LogProcessor stream = LinePrefixer.numbered().forStream(LogSource.STDOUT);
    LogLine line = new LogLine(LogSource.STDOUT);
    LinePieces pieces = new LinePieces(new TextTarget(null), new LogLine(LogSource.STDOUT), 4096);
    pieces.lend(new byte[4096]);
    byte[] bytes = new byte[100];
    long before = 0;
    for (int i = 0; i < 30_000; i++) {
      if (i == 20_000) {
        before = threads.getCurrentThreadAllocatedBytes();
      }
      line.setContent(bytes, 0, bytes.length);
      line.setPart(true, true, false);
      line.setPosition(i, 1000);
      line.replaceThrough(pieces);
      stream.process(line);
      pieces.end(line);
    }

    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(10_000);
  }

  @Test
  void suppliedPrefix_standsBeforeEveryFragmentAsItIsThen() {
    List<String> prefixes = List.of("T1 [WORKER] ", "T1 [WORKER] ", "T2 [WORKER] ", "");
    AtomicInteger asked = new AtomicInteger();
    ProcessorChain chain =
        ProcessorChain.of(LinePrefixer.of(() -> prefixes.get(asked.getAndIncrement())));
    chain.line("one");
    chain.fragments(false, "two ", "three");
    chain.line("four");

    assertThat(chain.texts())
        .containsExactly("T1 [WORKER] one", "T1 [WORKER] two ", "T2 [WORKER] three", "four");
    assertThat(chain.passedBytes()).isEqualTo(chain.takenBytes);
  }

  @Test
  void suppliedPrefix_isCutTo64BytesAtACharacter() {
    Queue<String> prefixes =
        new ArrayDeque<>(
            List.of(
                "p".repeat(64),
                "p".repeat(65),
                "é".repeat(32),
                "p" + "é".repeat(32),
                "p" + "\ud83d\ude00".repeat(1_000_000)));
    ProcessorChain chain = ProcessorChain.of(LinePrefixer.of(prefixes::remove));
    for (int i = 0; i < 5; i++) {
      chain.line(" x");
    }

    assertThat(chain.texts())
        .containsExactly(
            "p".repeat(64) + " x",
            "p".repeat(64) + " x",
            "é".repeat(32) + " x",
            "p" + "é".repeat(31) + " x",
            "p" + "\ud83d\ude00".repeat(15) + " x");
  }

  @Test
  void supplierThatFails_costsTheLine() {
    Queue<Supplier<String>> prefixes = new ArrayDeque<>();
    prefixes.add(() -> "good ");
    prefixes.add(() -> null);
    prefixes.add(() -> "two\nlines");
    prefixes.add(() -> "ended\r\n");
    prefixes.add(
        () -> {
          throw new IllegalStateException("no worker");
        });
    prefixes.add(() -> "good ");
    ProcessorChain chain = ProcessorChain.of(LinePrefixer.of(() -> prefixes.remove().get()));
    for (int i = 1; i <= 6; i++) {
      chain.line("line " + i);
    }

    assertThat(chain.texts()).containsExactly("good line 1", "good line 6");
    assertThat(chain.failures).hasSize(4);
    assertThatNullPointerException()
        .isThrownBy(() -> LinePrefixer.of(null))
        .withMessage("supplier");
  }

  @Test
  void maxRetainedBytes_isAnUpperBoundWithASuppliersTextToo() throws Exception {
    Supplier<String> supplier = () -> "\u4e16".repeat(64);
    LinePrefixer prefixer = LinePrefixer.of(supplier);
    LogProcessor stdout = prefixer.forStream(LogSource.STDOUT);
    LogProcessor stderr = prefixer.forStream(LogSource.STDERR);
    for (LogProcessor stream : List.of(stdout, stderr)) {
      LogLine line = new LogLine(LogSource.STDOUT);
      LinePieces pieces = new LinePieces(new TextTarget(null), new LogLine(LogSource.STDOUT), 4096);
      pieces.lend(new byte[4096]);
      line.replaceThrough(pieces);
      stream.process(line);
    }

    assertThat(
            GraphLayout.parseInstance(prefixer, stdout, stderr).totalSize()
                - GraphLayout.parseInstance(supplier).totalSize())
        .isLessThanOrEqualTo(prefixer.maxRetainedBytes());
  }

  @Test
  void maxRetainedBytes_isAnUpperBound() {
    LinePrefixer prefixer = LinePrefixer.numbered();
    LogProcessor stdout = prefixer.forStream(LogSource.STDOUT);
    LogProcessor stderr = prefixer.forStream(LogSource.STDERR);

    assertThat(GraphLayout.parseInstance(prefixer, stdout, stderr).totalSize())
        .isLessThanOrEqualTo(prefixer.maxRetainedBytes());
    assertThatNullPointerException()
        .isThrownBy(() -> prefixer.forStream(null))
        .withMessage("source");
  }

  private record TextTarget(StringBuilder text) implements LineTarget {
    @Override
    public void accept(LogLine line) {
      if (text != null) {
        text.append(line.text());
      }
    }

    @Override
    public void filtered(long sourceBytes, int sourceLines) {}

    @Override
    public void failed(Throwable cause, long sourceBytes, int sourceLines) {}

    @Override
    public void warn(Throwable cause) {}
  }
}
