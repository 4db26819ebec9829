package dev.logweir.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.logweir.BatchSender;
import dev.logweir.LogBatch;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link BatchSender} must do, as tests: extend it for a sender of yours and say how to
 * make one for an address, how the server reads what it sent, and how the server says yes.
 *
 * <pre>{@code
 * class LineSenderTest extends BatchSenderContract {
 *   protected BatchSender sender(InetSocketAddress server) {
 *     return new LineSender(server);
 *   }
 *
 *   protected List<byte[]> receive(Connection connection) throws IOException {
 *     HttpRequest request = connection.readRequest();
 *     return request == null ? null : linesOf(request.body());
 *   }
 *
 *   protected void accept(Connection connection) throws IOException {
 *     connection.answer(200, "{}");
 *   }
 * }
 * }</pre>
 *
 * <p>The server is a {@link HostileServer} on loopback. Each test has a server and senders of its
 * own. Waits are bounded by {@link #limit}, which only a hang should reach.
 */
@Timeout(120)
public abstract class BatchSenderContract {
  private static final Duration MOMENT = Duration.ofMillis(50);
  private static final int LARGE_BATCH_BYTES = 8 << 20;
  private static final int HELD_BATCH_BYTES = 256 << 10;
  private static final int HELD_CALLS = 16;
  private static final int HELD_SLACK_BYTES = 64 << 10;

  private final List<BatchSender> senders = new ArrayList<>();
  private @Nullable HostileServer current;
  private Deliveries deliveries = new Deliveries();

  // --- what a subclass says ---

  /** For subclasses. */
  protected BatchSenderContract() {}

  /** Makes a sender, of a job of its own, that sends to this address. */
  protected abstract BatchSender sender(InetSocketAddress server) throws Exception;

  /**
   * Reads what the sender sends for one answer, on the side of the server: a request, say.
   *
   * @return the lines in it, without line ends; null if the connection ended instead
   */
  protected abstract @Nullable List<byte[]> receive(Connection connection) throws IOException;

  /** Tells the sender, on the side of the server, that what was read last has arrived. */
  protected abstract void accept(Connection connection) throws IOException;

  /**
   * Does what comes before the first delivery of a connection, on the side of the server: a
   * greeting, say. Does nothing by default.
   */
  protected void greet(Connection connection) throws IOException {}

  /** Closes what the senders of a test share, such as a client. Does nothing by default. */
  protected void release() throws Exception {}

  /** Returns what no text of a sender may have in it, such as a token. Empty by default. */
  protected List<String> secrets() {
    return List.of();
  }

  /** Returns whether lines that are not UTF-8 arrive as they are. True by default. */
  protected boolean carriesAnyBytes() {
    return true;
  }

  /**
   * Returns within what time a call ends that was interrupted. A sender should take less than a
   * second; the default is 5 s, as machines that run tests are busy.
   */
  protected Duration limit() {
    return Duration.ofSeconds(5);
  }

  /** Starts the server of a test. */
  @BeforeEach
  public final void startServer() throws IOException {
    deliveries = new Deliveries();
    current = HostileServer.start();
  }

  /** Ends the senders and the server of a test. */
  @AfterEach
  public final void endAll() throws Exception {
    closeSenders();
    HostileServer server = server();
    server.close();
    assertThat(server.failures()).as("failures of receive(), accept() or greet()").isEmpty();
  }

  // --- what arrives ---

  @Test
  public void send_ofOneLine_delivers() throws Exception {
    server().always(this::serve);

    send("a line");

    assertThat(deliveries.accepted()).containsExactly("a line");
  }

  @Test
  public void send_returnsOnlyWhenTheServerHasAnswered() throws Exception {
    CountDownLatch mayAnswer = new CountDownLatch(1);
    CountDownLatch read = onceRead(connection -> awaitLatch(mayAnswer));

    Call call = begin(newSender(), List.of("a line"));
    awaitLatch(read);
    pause(MOMENT.multipliedBy(4));
    boolean early = call.isOver();
    mayAnswer.countDown();

    assertThat(early).as("send returned before the server answered").isFalse();
    assertThat(call.await()).as("failure").isNull();
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
    server().always(this::serve);
    BatchSender sender = newSender();
    List<String> all = new ArrayList<>();
    for (int batch = 0; batch < 20; batch++) {
      List<String> lines = List.of("batch " + batch, "line " + batch);
      all.addAll(lines);
      succeeds(sender, lines);
    }

    assertThat(deliveries.accepted()).containsExactlyElementsOf(all);
  }

  @Test
  public void send_ofTheLargestBatch_delivers() throws Exception {
    server().always(this::serve);
    BatchSender sender = newSender();
    List<String> lines = batchOf(sender, 1 << 20);

    succeeds(sender, lines);
    assertThat(deliveries.accepted()).containsExactlyElementsOf(lines);
  }

  @Test
  public void send_ofTwoSendersAtOnce_mixesNothing() throws Exception {
    server().always(this::serve);
    BatchSender one = newSender();
    BatchSender other = newSender();
    for (int batch = 0; batch < 10; batch++) {
      Call first = begin(one, List.of("one " + batch, "one again " + batch));
      Call second = begin(other, List.of("other " + batch));
      assertThat(first.await()).as("failure").isNull();
      assertThat(second.await()).as("failure").isNull();
    }

    assertThat(deliveries.accepted()).hasSize(30).doesNotHaveDuplicates();
    assertThat(deliveries.accepted().stream().filter(line -> line.startsWith("one")))
        .startsWith("one 0", "one again 0", "one 1")
        .hasSize(20);
  }

  @Test
  public void log_ofAnyBytes_arrivesByteForByte() throws Exception {
    assumeThat(carriesAnyBytes()).as("carriesAnyBytes()").isTrue();
    server().always(this::serve);
    Random random = new Random(1);
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    LogReport report;
    try (LogweirEngine engine = LogweirEngine.builder().build();
        LogStreamer log =
            LogStreamer.builder(newSender()).engine(engine).maxInterval(Duration.ZERO).start()) {
      for (int i = 0; i < 300; i++) {
        byte[] line = new byte[random.nextInt(200)];
        random.nextBytes(line);
        for (int j = 0; j < line.length; j++) {
          line[j] = line[j] == '\n' ? (byte) 0xff : line[j];
        }
        log.stdout().write(line);
        log.stdout().write('\n');
        written.writeBytes(line);
        written.write('\n');
      }
      report = log.finish(limit().multipliedBy(4));
    }

    LogReportAssert.assertThat(report).isComplete();
    assertThat(deliveries.acceptedBytes()).isEqualTo(written.toByteArray());
  }

  // --- what is said of size ---

  @Test
  public void encodedBytes_isNoLessThanWhatGoesOverTheWire() throws Exception {
    BatchSender sender = newSender();
    assumeThat(sender.maxBatchBytes()).as("maxBatchBytes()").isLessThan(Integer.MAX_VALUE);
    server().always(this::serve);
    succeeds(sender, List.of(""));
    long besides = deliveries.lastBytes();
    for (String text : List.of("plain", "\u0001\u0002", "\"\\\"\\", "ä日🎉", "/+=&%")) {
      List<String> lines = new ArrayList<>();
      long stated = 0;
      for (int i = 0; i < 200; i++) {
        String line = text.repeat(i % 20);
        lines.add(line);
        stated += sender.encodedBytes(line.getBytes(UTF_8).length);
      }
      assumeThat(stated).isLessThanOrEqualTo(sender.maxBatchBytes());
      deliveries.forget();
      succeeds(sender, lines);

      assertThat(deliveries.bytes() - besides * deliveries.count())
          .as("bytes over the wire for lines of %s, beside encodedBytes()", text)
          .isLessThanOrEqualTo(stated);
    }
  }

  @Test
  public void encodedBytes_doesNotFallAndIsAnsweredWhileACallRuns() throws Exception {
    CountDownLatch read = onceRead(Connection::hang);
    BatchSender sender = newSender();
    Call call = begin(sender, List.of("a line"));
    awaitLatch(read);

    AtomicReference<@Nullable String> wrong = new AtomicReference<>();
    Thread asking = new Thread(() -> wrong.set(firstFall(sender)), "contract-asks");
    asking.setDaemon(true);
    asking.start();
    asking.join(limit().toMillis());

    assertThat(asking.isAlive()).as("encodedBytes() waits for the call that runs").isFalse();
    assertThat(wrong.get()).isNull();
    call.interruptAndAwait();
  }

  private static @Nullable String firstFall(BatchSender sender) {
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

  @Test
  public void maxRetainedBytes_isNotExceeded() throws Exception {
    CountDownLatch read = new CountDownLatch(HELD_CALLS);
    server()
        .always(
            connection -> {
              greet(connection);
              readSome(connection, read);
              connection.hang();
            });
    List<BatchSender> all = new ArrayList<>();
    List<List<String>> batches = new ArrayList<>();
    long stated = 0;
    for (int i = 0; i < HELD_CALLS; i++) {
      BatchSender sender = newSender();
      all.add(sender);
      batches.add(LogBatch.of(batchOf(sender, HELD_BATCH_BYTES)));
      stated += sender.maxRetainedBytes();
    }
    long before = usedHeap();
    List<Call> calls = new ArrayList<>();
    for (int i = 0; i < HELD_CALLS; i++) {
      calls.add(begin(all.get(i), batches.get(i)));
    }
    awaitLatch(read);
    pause(MOMENT.multipliedBy(4));
    long held = usedHeap() - before;
    for (Call call : calls) {
      call.interruptAndAwait();
    }

    assertThat(held)
        .as("heap held by %d calls that hang, besides their batches", HELD_CALLS)
        .isLessThanOrEqualTo(stated + (long) HELD_CALLS * HELD_SLACK_BYTES);
  }

  /** Reads until nothing comes, without keeping it. */
  private static void readSome(Connection connection, CountDownLatch begun) throws IOException {
    byte[] buffer = new byte[1_024];
    connection.read(1);
    begun.countDown();
    while (connection.in().read(buffer) != -1) {
      // Whoever hangs answers nothing.
    }
  }

  private static long usedHeap() {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 5; i++) {
      System.gc();
      pause(Duration.ofMillis(20));
      Runtime runtime = Runtime.getRuntime();
      least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
    }
    return least;
  }

  // --- what is said of a call ---

  @Test
  public void written_isToldWhereAllWasWrittenAndNobodyAnswers() throws Exception {
    CountDownLatch read = onceRead(Connection::hang);

    Call call = begin(newSender(), List.of("a line"));
    awaitLatch(read);
    pause(MOMENT);
    call.interruptAndAwait();

    assertThat(call.batch.call().isWritten())
        .as("SendCall.isWritten(): the server may have the lines")
        .isTrue();
  }

  @Test
  public void written_isNotToldWhereNobodyConnected() throws Exception {
    server().refuse();

    Call call = begin(newSender(), List.of("a line"));
    call.endAndAwait();

    assertThat(call.batch.call().isWritten())
        .as("SendCall.isWritten(): the server can't have the lines")
        .isFalse();
  }

  @Test
  public void delivered_isSaidOfNoLineThatTheServerDidNotTake() throws Exception {
    AtomicBoolean first = new AtomicBoolean(true);
    onceRead(
        connection -> {
          if (!first.getAndSet(false)) {
            connection.reset();
            throw new IOException("reset");
          }
        });
    BatchSender sender = newSender();

    Call call = begin(sender, batchOf(sender, 1 << 20));
    call.endAndAwait();

    claimsNothingElse(call);
  }

  // --- interrupts ---

  @Test
  public void interrupt_beforeTheCall_endsIt() throws Exception {
    server().always(connection -> connection.hang());
    Call call = begin(newSender(), List.of("a line"), true);

    assertThat(call.await()).as("an interrupted call that nobody answers must fail").isNotNull();
  }

  @Test
  public void interrupt_whileItConnects_endsTheCall() throws Exception {
    try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      InetSocketAddress address = new InetSocketAddress(full.getInetAddress(), full.getLocalPort());
      List<Socket> waiting = new ArrayList<>();
      try {
        fill(address, waiting);
        Call call = begin(add(sender(address)), List.of("a line"));
        pause(MOMENT.multipliedBy(2));
        assertThat(call.interruptAndAwait()).as("failure").isNotNull();
      } finally {
        for (Socket socket : waiting) {
          socket.close();
        }
      }
    }
  }

  /** Connects until nobody else is let in. */
  private static void fill(InetSocketAddress address, List<Socket> waiting) throws IOException {
    for (int i = 0; i < 8; i++) {
      Socket socket = new Socket();
      waiting.add(socket);
      try {
        socket.connect(address, 100);
      } catch (IOException e) {
        return;
      }
    }
  }

  @Test
  public void interrupt_whileNobodyGreetsOrReads_endsTheCall() throws Exception {
    server().always(connection -> connection.hang());

    interruptEnds(List.of("a line"));
  }

  @Test
  public void interrupt_whileItWrites_endsTheCall() throws Exception {
    server()
        .always(
            connection -> {
              greet(connection);
              connection.hang();
            });

    interruptEnds(batchOf(newSender(), LARGE_BATCH_BYTES));
  }

  @Test
  public void interrupt_whileItWaitsForTheAnswer_endsTheCall() throws Exception {
    onceRead(Connection::hang);

    interruptEnds(List.of("a line"));
  }

  @Test
  public void interrupt_withinTheAnswer_endsTheCall() throws Exception {
    onceRead(connection -> connection.endAfterSending(1, Connection.End.HANG));

    interruptEnds(List.of("a line"));
  }

  @Test
  public void interrupt_betweenTries_endsTheCall() throws Exception {
    server().always(connection -> connection.reset());
    Call call = begin(newSender(), List.of("a line"));
    server().awaitConnections(1);
    pause(MOMENT.multipliedBy(4));

    assertThat(call.interruptAndAwait()).as("failure").isNotNull();
  }

  private void interruptEnds(List<String> lines) throws Exception {
    Call call = begin(newSender(), lines);
    server().awaitConnections(1);
    pause(MOMENT.multipliedBy(2));

    assertThat(call.interruptAndAwait())
        .as("an interrupted call that nobody answered must fail")
        .isNotNull();
    claimsNothingElse(call);
  }

  // --- servers that do wrong ---

  @Test
  public void server_thatIsDown_isAFailure() throws Exception {
    server().refuse();

    fails(List.of("a line"));
  }

  @Test
  public void server_thatClosesAtOnce_isAFailure() throws Exception {
    server().always(connection -> {});

    fails(List.of("a line"));
  }

  @Test
  public void server_thatResetsWithinWhatIsSent_isAFailure() throws Exception {
    server().always(connection -> serve(connection.endAfterReading(40, Connection.End.RESET)));

    fails(batchOf(newSender(), 1 << 18));
  }

  @Test
  public void server_thatClosesInsteadOfAnswering_isAFailure() throws Exception {
    onceRead(
        connection -> {
          throw new IOException("closed");
        });

    fails(List.of("a line"));
  }

  @Test
  public void server_thatClosesWithinItsAnswer_isAFailure() throws Exception {
    onceRead(connection -> connection.endAfterSending(1, Connection.End.CLOSE));

    fails(List.of("a line"));
  }

  @Test
  public void server_thatSendsNothingMoreAndReadsOn_isAFailure() throws Exception {
    onceRead(Connection::halfClose);

    fails(List.of("a line"));
  }

  @Test
  public void server_thatAnswersGarbage_isAFailure() throws Exception {
    onceRead(
        connection -> {
          connection.sendGarbage(200, 3).send("\r\n\r\n");
          throw new IOException("garbage was sent");
        });

    fails(List.of("a line"));
  }

  @Test
  public void server_thatReadsSlowly_getsAll() throws Exception {
    server().always(connection -> serve(connection.readSlowly(Duration.ofMillis(1))));

    deliversAsItIs(batchOf(newSender(), 1 << 18));
  }

  @Test
  public void server_thatAnswersByteByByte_isUnderstood() throws Exception {
    server().always(connection -> serve(connection.sendSlowly(Duration.ofMillis(1))));

    deliversAsItIs(List.of("a line"));
  }

  @Test
  public void send_afterAFailure_delivers() throws Exception {
    server().then(connection -> serve(connection.endAfterReading(5, Connection.End.RESET)));
    server().always(this::serve);
    BatchSender sender = newSender();
    // A sender that tries again delivers it; another one fails.
    begin(sender, List.of("first")).await();
    succeeds(sender, List.of("second"));

    assertThat(deliveries.accepted()).endsWith("second");
  }

  @Test
  public void send_afterTheServerClosedTheConnection_delivers() throws Exception {
    server().always(this::serve);
    BatchSender sender = newSender();
    succeeds(sender, List.of("first"));
    server().closeConnections();
    server().awaitOpenAtMost(0);

    assertThat(begin(sender, List.of("second")).await())
        .as("an idle connection that the server closed costs a batch")
        .isNull();
    assertThat(deliveries.accepted()).containsExactly("first", "second");
  }

  // --- what is left ---

  @Test
  public void batch_isNotReadAfterTheCall() throws Exception {
    CountDownLatch read = onceRead(Connection::hang);
    WatchedLines lines = new WatchedLines(List.of("a line", "another"));
    Call call = begin(newSender(), lines, false);
    awaitLatch(read);
    call.interruptAndAwait();
    lines.over.set(true);
    server().closeConnections();
    closeSenders();
    pause(MOMENT.multipliedBy(4));

    assertThat(lines.late.get()).as("the batch was read after its call had ended").isNull();
  }

  @Test
  public void close_leavesNoThreadAndNoConnection() throws Exception {
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    server().always(this::serve);
    BatchSender sender = newSender();
    succeeds(sender, List.of("a line"));

    nothingIsLeft(before);
  }

  @Test
  public void close_afterAnInterruptedCall_leavesNoThreadAndNoConnection() throws Exception {
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    CountDownLatch read = onceRead(Connection::readToEnd);
    Call call = begin(newSender(), List.of("a line"));
    awaitLatch(read);
    call.interruptAndAwait();

    nothingIsLeft(before);
  }

  private void nothingIsLeft(Set<Thread> before) throws Exception {
    closeSenders();
    long deadline = System.nanoTime() + limit().toNanos();
    Set<Thread> left = new HashSet<>();
    int open;
    do {
      System.gc(); // some clients of HTTP end once they are collected
      pause(MOMENT);
      open = server().open();
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

  /** The JVM starts threads of its own at any time, and they have no name of a class of anybody. */
  private static boolean isOurs(Thread thread) {
    String name = thread.getName();
    return name.startsWith("hostile-server")
        || name.startsWith("contract-")
        || name.startsWith("Attach Listener")
        || name.startsWith("Common-Cleaner")
        || name.startsWith("process reaper")
        || (thread.getThreadGroup() != null && thread.getThreadGroup().getName().equals("system"));
  }

  @Test
  public void texts_haveNoSecretInThem() throws Exception {
    assumeThat(secrets()).as("secrets()").isNotEmpty();
    server().then(connection -> connection.reset());
    server().then(connection -> serve(connection, connection::reset));
    server()
        .then(
            connection ->
                serve(
                    connection,
                    () -> {
                      connection.sendGarbage(100, 5);
                      throw new IOException("garbage was sent");
                    }));
    server()
        .then(
            connection -> {
              // A server that sends back what it got.
              for (int i = 0; i < 2_000; i++) {
                connection.out().write(connection.read(1));
              }
            });
    server().always(connection -> {});
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      BatchSender sender = newSender();
      Call call = begin(sender, List.of("a line"));
      texts.add(sender.toString());
      for (Throwable e = call.endAndAwait(); e != null; e = e.getCause()) {
        texts.add(e.toString());
        for (Throwable other : e.getSuppressed()) {
          texts.add(other.toString());
        }
      }
    }

    for (String secret : secrets()) {
      assertThat(texts).as("texts of the sender").noneMatch(text -> text.contains(secret));
    }
  }

  // --- how it is done ---

  /** Something that the server does once it has read a delivery. */
  private interface Step {
    void run() throws IOException;
  }

  /** Something that the server does to a connection instead of answering. */
  private interface Fate {
    void befall(Connection connection) throws IOException;
  }

  /**
   * Lets every connection come to this once a delivery was read; returns what opens when one was.
   */
  private CountDownLatch onceRead(Fate fate) {
    CountDownLatch read = new CountDownLatch(1);
    server()
        .always(
            connection ->
                serve(
                    connection,
                    () -> {
                      read.countDown();
                      fate.befall(connection);
                    }));
    return read;
  }

  /** Serves a connection as it should be. */
  private void serve(Connection connection) throws IOException {
    serve(connection, () -> {});
  }

  /** Serves a connection, with something done between a delivery and its answer. */
  private void serve(Connection connection, Step between) throws IOException {
    greet(connection);
    while (true) {
      long from = connection.bytesRead();
      List<byte[]> lines = receive(connection);
      if (lines == null) {
        return;
      }
      deliveries.read(connection.bytesRead() - from);
      between.run();
      deliveries.answer(lines);
      accept(connection);
    }
  }

  private void succeeds(BatchSender sender, List<String> lines) throws InterruptedException {
    assertThat(begin(sender, lines).await()).as("failure").isNull();
  }

  private void send(String line) throws Exception {
    succeeds(newSender(), List.of(line));
  }

  private void deliversAsItIs(List<String> lines) throws Exception {
    if (!server().hasScript()) {
      server().always(this::serve);
    }
    succeeds(newSender(), lines);

    assertThat(deliveries.accepted()).containsExactlyElementsOf(lines);
  }

  private void fails(List<String> lines) throws Exception {
    Call call = begin(newSender(), lines);

    assertThat(call.endAndAwait()).as("the server took nothing, so the call must fail").isNotNull();
    claimsNothingElse(call);
  }

  /** Lines that the call says were delivered must be among those that the server answered. */
  private void claimsNothingElse(Call call) {
    Set<String> answered = new HashSet<>(deliveries.accepted());
    List<String> claimed = call.claimed();
    assertThat(claimed)
        .as("lines that the sender says were delivered, and that the server did not accept")
        .allMatch(answered::contains);
  }

  /** Returns lines of 1,000 characters, all different, that fit into one batch of the sender. */
  private static List<String> batchOf(BatchSender sender, int bytes) {
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

  private BatchSender newSender() throws Exception {
    return add(sender(server().address()));
  }

  private BatchSender add(BatchSender sender) {
    senders.add(sender);
    return sender;
  }

  private void closeSenders() throws Exception {
    for (BatchSender sender : senders) {
      sender.close();
    }
    senders.clear();
    release();
  }

  private HostileServer server() {
    HostileServer server = current;
    if (server == null) {
      throw new IllegalStateException("no server: startServer() was not called");
    }
    return server;
  }

  private Call begin(BatchSender sender, List<String> lines) {
    return begin(sender, LogBatch.of(lines), false);
  }

  private Call begin(BatchSender sender, List<String> lines, boolean interrupted) {
    return new Call(sender, lines, interrupted, limit());
  }

  private void awaitLatch(CountDownLatch latch) {
    long deadline = System.nanoTime() + limit().multipliedBy(4).toNanos();
    while (latch.getCount() > 0) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("the server waited in vain for what the sender should send");
      }
      pause(Duration.ofMillis(1));
    }
  }

  private static void pause(Duration time) {
    LockSupport.parkNanos(time.toNanos());
  }
}
