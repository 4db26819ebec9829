package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.openjdk.jol.info.GraphLayout;

class LinePrefixerTest {
  @Test
  void process_putsTimeAndNumberInFront() {
    ProcessorChain chain = ProcessorChain.of(new LinePrefixer());
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
    ProcessorChain chain = ProcessorChain.of(new LinePrefixer());
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
    ProcessorChain chain = ProcessorChain.of(new LinePrefixer());
    chain.timeMillis = Instant.parse("2026-11-23T22:57:01Z").toEpochMilli();
    chain.fragments(false, "one ", "two");

    assertThat(chain.texts())
        .containsExactly("2026-11-23T22:57:01Z [1] one ", "2026-11-23T22:57:01Z [1] two");
  }

  @Test
  void prefix_fitsForTheLargestNumberAndTheLastTime() {
    LogLine line = new LogLine(LogSource.STDOUT);
    StringBuilder text = new StringBuilder();
    LinePieces pieces = new LinePieces(new TextTarget(text), new LogLine(LogSource.STDOUT), 4096);
    pieces.lend(new byte[4096]);
    line.setContent(new byte[0], 0, 0);
    line.setPart(true, true, false);
    line.setPosition(Long.MAX_VALUE, Long.MAX_VALUE);
    line.replaceThrough(pieces);
    new LinePrefixer().process(line);
    pieces.end(line);

    assertThat(text).hasToString("+292278994-08-17T07:12:55Z [9223372036854775807] ");
  }

  @Test
  void process_allocatesNothingWithinASecond() throws Exception {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    LogProcessor stream = new LinePrefixer().forStream(LogSource.STDOUT);
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
  void maxRetainedBytes_isAnUpperBound() {
    LinePrefixer prefixer = new LinePrefixer();
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
