package dev.logweir.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.BatchSender;
import dev.logweir.LogBatch;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link BatchSender} must do, wherever it sends to: lines arrive as they are, in their
 * order, and its close leaves nothing behind. To extend for a sender whose target does not answer,
 * such as a file; for one that talks to a server, {@link BatchSenderContract} tests more.
 *
 * <pre>{@code
 * class FileSenderTest extends DeliveryContract {
 *   @TempDir Path folder;
 *
 *   protected BatchSender sender() throws IOException {
 *     return new FileSender(folder.resolve("log"));
 *   }
 *
 *   protected List<byte[]> arrived() throws IOException {
 *     return linesOf(Files.readAllBytes(folder.resolve("log")));
 *   }
 * }
 * }</pre>
 *
 * <p>Waits are bounded by {@link #limit}, which only a hang should reach.
 */
@Timeout(120)
public abstract class DeliveryContract {
  static final Duration MOMENT = Duration.ofMillis(50);
  private static final int LARGEST_BATCH_BYTES = 1 << 20;

  private final List<BatchSender> senders = new ArrayList<>();

  // --- what a subclass says ---

  /** For subclasses. */
  protected DeliveryContract() {}

  /** Makes a sender, of a job of its own; all senders of a test send to the same place. */
  protected abstract BatchSender sender() throws Exception;

  /** Returns the lines that have arrived so far, without line ends, in the order of arrival. */
  protected abstract List<byte[]> arrived() throws Exception;

  /** Closes what the senders of a test share, such as a client. Does nothing by default. */
  protected void release() throws Exception {}

  /**
   * Returns whether lines that are not UTF-8 arrive as they are. True by default; of a sender of
   * text, such as JSON, they arrive as the text that they are read as, with U+FFFD in it.
   */
  protected boolean carriesAnyBytes() {
    return true;
  }

  /**
   * Returns after what time a call hangs that was interrupted; one that has all it needs is given
   * four times that. 5 s by default, as machines that run tests are busy.
   */
  protected Duration limit() {
    return Duration.ofSeconds(5);
  }

  /**
   * Returns the lines of a text, for {@link #arrived} and the like: without their ends, {@code \n}.
   * What follows the last end is a line if it is not empty.
   */
  protected static List<byte[]> linesOf(byte[] text) {
    List<byte[]> lines = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < text.length; i++) {
      if (text[i] == '\n') {
        lines.add(Arrays.copyOfRange(text, from, i));
        from = i + 1;
      }
    }
    if (from < text.length) {
      lines.add(Arrays.copyOfRange(text, from, text.length));
    }
    return lines;
  }

  /** Ends the senders of a test. */
  @AfterEach
  public final void endAll() throws Exception {
    closeSenders();
    closeServer();
  }

  /** Ends what stands at the other end. */
  void closeServer() throws Exception {}

  /** Returns how many connections are open at the other end. */
  int openConnections() {
    return 0;
  }

  // --- what arrives ---

  @Test
  public void send_ofOneLine_delivers() throws Exception {
    deliversAsItIs(List.of("a line"));
  }

  @Test
  public void send_ofAnEmptyLine_delivers() throws Exception {
    deliversAsItIs(List.of(""));
  }

  @Test
  public void send_ofEmptyLinesAmongOthers_delivers() throws Exception {
    deliversAsItIs(List.of("", "a", "", "", "b", ""));
  }

  @Test
  public void send_keepsBlanksTabsAndCarriageReturns() throws Exception {
    deliversAsItIs(List.of("  in front", "behind  ", "\tTab\t", "carriage return\r", "\r", " "));
  }

  @Test
  public void send_keepsQuotesEscapesAndControlCharacters() throws Exception {
    deliversAsItIs(
        List.of(
            "\"quoted\"", "back\\slash", "\\n", "{\"a\":1}", "<a>&amp;", "\u001b[31m", "%00+%"));
  }

  @Test
  public void send_keepsTextBeyondAscii() throws Exception {
    deliversAsItIs(List.of("äöü ß", "日本語", "🎉 emoji", "\u2028 \u2029", "e\u0301"));
  }

  @Test
  public void send_ofManyLines_keepsTheirOrder() throws Exception {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      lines.add("line " + i);
    }
    deliversAsItIs(lines);
  }

  @Test
  public void send_again_keepsTheOrderOfTheBatches() throws Exception {
    BatchSender sender = newSender();
    List<String> all = new ArrayList<>();
    for (int batch = 0; batch < 20; batch++) {
      List<String> lines = List.of("batch " + batch, "line " + batch);
      all.addAll(lines);
      succeeds(sender, lines);
    }

    assertThat(texts()).containsExactlyElementsOf(all);
  }

  @Test
  public void send_ofTheLargestBatch_delivers() throws Exception {
    BatchSender sender = newSender();
    List<String> lines = batchOf(sender, LARGEST_BATCH_BYTES);

    succeeds(sender, lines);
    assertThat(texts()).containsExactlyElementsOf(lines);
  }

  @Test
  public void send_ofTwoSendersAtOnce_mixesNothing() throws Exception {
    BatchSender one = newSender();
    BatchSender other = newSender();
    for (int batch = 0; batch < 10; batch++) {
      Call first = begin(one, List.of("one " + batch, "one again " + batch));
      Call second = begin(other, List.of("other " + batch));
      assertThat(first.await()).as("failure").isNull();
      assertThat(second.await()).as("failure").isNull();
    }

    List<String> arrived = texts();
    assertThat(arrived).hasSize(30).doesNotHaveDuplicates();
    assertThat(arrived.stream().filter(line -> line.startsWith("one")))
        .startsWith("one 0", "one again 0", "one 1")
        .hasSize(20);
  }

  @Test
  public void log_ofAnyBytes_arrives() throws Exception {
    byte[] written = new byte[64 << 10]; // about one byte in 256 is a line end
    new Random(1).nextBytes(written);
    written[written.length - 1] = '\n';
    LogReport report;
    try (LogweirEngine engine = LogweirEngine.builder().build();
        LogStreamer log =
            LogStreamer.builder(newSender()).engine(engine).maxInterval(Duration.ZERO).start()) {
      log.stdout().write(written);
      report = log.finish(limit().multipliedBy(4));
    }

    LogReportAssert.assertThat(report).isComplete();
    List<byte[]> expected = new ArrayList<>();
    for (byte[] line : linesOf(written)) {
      expected.add(carriesAnyBytes() ? line : new String(line, UTF_8).getBytes(UTF_8));
    }
    assertThat(arrived())
        .as("lines of any bytes that arrived, where carriesAnyBytes() is %s", carriesAnyBytes())
        .usingElementComparator(Arrays::compare)
        .containsExactlyElementsOf(expected);
  }

  // --- what is said of size ---

  @Test
  public void encodedBytes_doesNotFall() throws Exception {
    assertThat(firstFall(newSender())).isNull();
  }

  static @Nullable String firstFall(BatchSender sender) {
    long last = 0;
    for (int length = 0; length < 70_000; length++) {
      long bytes = sender.encodedBytes(length);
      if (bytes < last) {
        return "encodedBytes(" + length + ") is " + bytes + ", and one byte less costs " + last;
      }
      last = bytes;
    }
    return null;
  }

  // --- what is left ---

  @Test
  public void close_leavesNothingOpen() throws Exception {
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    succeeds(newSender(), List.of("a line"));

    nothingIsLeft(before);
  }

  final void nothingIsLeft(Set<Thread> before) throws Exception {
    closeSenders();
    long deadline = System.nanoTime() + limit().toNanos();
    Set<Thread> left = new HashSet<>();
    int open;
    do {
      System.gc(); // some clients of HTTP end once they are collected
      pause(MOMENT);
      open = openConnections();
      left.clear();
      for (Thread thread : Thread.getAllStackTraces().keySet()) {
        if (!before.contains(thread) && thread.isAlive() && !isOurs(thread)) {
          left.add(thread);
        }
      }
    } while ((open > 0 || !left.isEmpty()) && System.nanoTime() - deadline < 0);

    assertThat(open).as("connections open when the sender and what it shares are closed").isZero();
    assertThat(left).as("threads left when the sender and what it shares are closed").isEmpty();
  }

  /** The JVM starts threads of its own at any time; they are known by their names. */
  private static boolean isOurs(Thread thread) {
    String name = thread.getName();
    return name.startsWith("hostile-server")
        || name.startsWith("contract-")
        || name.startsWith("Attach Listener")
        || name.startsWith("Common-Cleaner")
        || name.startsWith("process reaper")
        || (thread.getThreadGroup() != null && thread.getThreadGroup().getName().equals("system"));
  }

  // --- how it is done ---

  final void deliversAsItIs(List<String> lines) throws Exception {
    succeeds(newSender(), lines);

    assertThat(texts()).containsExactlyElementsOf(lines);
  }

  final void succeeds(BatchSender sender, List<String> lines) throws InterruptedException {
    assertThat(begin(sender, lines).await()).as("failure").isNull();
  }

  /** Returns the lines that have arrived so far, read as UTF-8. */
  final List<String> texts() throws Exception {
    return arrived().stream().map(line -> new String(line, UTF_8)).toList();
  }

  /** Returns lines of 1,000 characters, all different, that fit into one batch of the sender. */
  static List<String> batchOf(BatchSender sender, int bytes) {
    long most = Math.min(bytes, sender.maxBatchBytes());
    List<String> lines = new ArrayList<>();
    long size = 0;
    while (true) {
      String line = String.format("%-1000d", lines.size()).replace(' ', '.');
      size += sender.encodedBytes(line.length());
      if (size > most && !lines.isEmpty()) {
        return lines;
      }
      lines.add(line);
    }
  }

  final BatchSender newSender() throws Exception {
    return add(sender());
  }

  final BatchSender add(BatchSender sender) {
    senders.add(sender);
    return sender;
  }

  final void closeSenders() throws Exception {
    for (BatchSender sender : senders) {
      sender.close();
    }
    senders.clear();
    release();
  }

  final Call begin(BatchSender sender, List<String> lines) {
    return begin(sender, LogBatch.of(lines), false);
  }

  final Call begin(BatchSender sender, List<String> lines, boolean interrupted) {
    return new Call(sender, lines, interrupted, limit());
  }

  static void pause(Duration time) {
    LockSupport.parkNanos(time.toNanos());
  }
}
