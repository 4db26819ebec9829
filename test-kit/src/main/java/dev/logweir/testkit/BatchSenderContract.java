package dev.logweir.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.logweir.BatchSender;
import dev.logweir.LogBatch;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link BatchSender} that talks to a server must do, as tests: extend it for a sender
 * of yours and say how to make one for an address, how the server reads a request, and how it
 * accepts one.
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
 * own. Waits are bounded by {@link #limit} and {@link #interruptLimit}, which only a hang should
 * reach. For a sender over HTTP, {@link HttpSenderContract} asks for less; for one that can speak
 * TLS, a subclass of its test that has a {@link #tls} asks all of that too.
 */
public abstract class BatchSenderContract extends DeliveryContract {
  private static final int LARGE_BATCH_BYTES = 8 << 20;
  private static final int HELD_BATCH_BYTES = 256 << 10;
  private static final int HELD_CALLS = 16;
  private static final int HELD_SLACK_BYTES = 64 << 10;
  private static final int HELD_TLS_SLACK_BYTES = 96 << 10;

  /** More than what the systems on both sides hold of what nobody reads. */
  private static final int UNHELD_BYTES = 7 << 20;

  private static final int INTERRUPT_TRIES = 3;
  private static final int CALLS_OF_ONE_CLIENT = 16;

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

  /**
   * Says yes, on the side of the server, before anything was read: as {@link #accept} does by
   * default. To override where that needs what was read, such as an answer that names its request:
   * then to say yes to something that was not sent.
   */
  protected void acceptUnread(Connection connection) throws IOException {
    accept(connection);
  }

  /**
   * Tells the sender, on the side of the server, that the answer to what was read last is still to
   * come: an interim answer of HTTP, say, which is no yes.
   *
   * @return whether the protocol has such a thing; false by default
   */
  protected boolean defer(Connection connection) throws IOException {
    return false;
  }

  /**
   * Returns the key and the certificate of the server, which then speaks TLS; null, the default,
   * for none. {@link TlsIdentity} makes them; {@link #sender} must trust the certificate.
   */
  protected @Nullable SSLContext tls() {
    return null;
  }

  /**
   * Makes senders of several jobs that share a client, where the sender has one: a pool of
   * connections, a circuit breaker. The client should let through as few calls at a time as it can
   * be set to, so that others wait. Empty by default, for senders that share nothing.
   *
   * @param jobs so many, 2 to 16
   */
  protected List<BatchSender> sendersOfOneClient(InetSocketAddress server, int jobs)
      throws Exception {
    return List.of();
  }

  /**
   * Returns within what time of its interrupt a call must end: 1 s by default. Of three tries the
   * best counts, as a machine that runs tests may be busy for so long; a call that hangs for {@link
   * #limit} fails at once.
   */
  protected Duration interruptLimit() {
    return Duration.ofSeconds(1);
  }

  /** Returns what no message of a sender may contain, such as a token. Empty by default. */
  protected List<String> secrets() {
    return List.of();
  }

  /** Starts the server of a test. */
  @BeforeEach
  public final void startServer() throws IOException {
    deliveries = new Deliveries();
    SSLContext tls = tls();
    HostileServer server = tls == null ? HostileServer.start() : HostileServer.startTls(tls);
    current = server.always(this::serve);
  }

  @Override
  protected final BatchSender sender() throws Exception {
    return sender(server().address());
  }

  @Override
  protected final List<byte[]> arrived() {
    return deliveries.accepted();
  }

  @Override
  final void closeServer() throws Exception {
    HostileServer server = server();
    server.close();
    assertThat(server.failures()).as("failures of receive(), accept() or greet()").isEmpty();
  }

  @Override
  final int openConnections() {
    return server().open();
  }

  // --- when it arrives ---

  @Test
  public void send_returnsOnlyWhenTheServerHasAnswered() throws Exception {
    CountDownLatch mayAnswer = new CountDownLatch(1);
    Semaphore read = onceRead(connection -> awaitLatch(mayAnswer));

    Call call = begin(newSender(), List.of("a line"));
    awaitRead(read);
    pause(MOMENT.multipliedBy(4));
    boolean early = call.isOver();
    mayAnswer.countDown();

    assertThat(early).as("send returned before the server answered").isFalse();
    assertThat(call.await()).as("failure").isNull();
  }

  // --- what is said of size ---

  @Test
  public void encodedBytes_isNoLessThanWhatGoesOverTheWire() throws Exception {
    BatchSender sender = newSender();
    assumeThat(sender.maxBatchBytes()).as("maxBatchBytes()").isLessThan(Integer.MAX_VALUE);
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
    Semaphore read = onceRead(Connection::hang);
    BatchSender sender = newSender();
    Call call = begin(sender, List.of("a line"));
    awaitRead(read);

    AtomicReference<@Nullable String> wrong = new AtomicReference<>();
    Thread asking = new Thread(() -> wrong.set(firstFall(sender)), "contract-asks");
    asking.setDaemon(true);
    asking.start();
    asking.join(limit().toMillis());

    assertThat(asking.isAlive()).as("encodedBytes() waits for the call that runs").isFalse();
    assertThat(wrong.get()).isNull();
    call.interruptAndAwait();
  }

  /**
   * Measures the heap of calls that hang. Let pass are 64 KiB a call besides {@code
   * maxRetainedBytes()}, for its thread and the server's end of its connection, which are in the
   * same heap; over TLS 96 KiB more, for that end of it.
   */
  @Test
  public void maxRetainedBytes_isNotExceeded() throws Exception {
    succeeds(newSender(), List.of("loads what there is once"));
    Semaphore read = new Semaphore(0);
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
    awaitRead(read, HELD_CALLS);
    pause(MOMENT.multipliedBy(4));
    long held = usedHeap() - before;
    for (Call call : calls) {
      call.interruptAndAwait();
    }

    assertThat(held)
        .as("heap held by %d calls that hang, besides their batches", HELD_CALLS)
        .isLessThanOrEqualTo(
            stated
                + (long) HELD_CALLS
                    * (HELD_SLACK_BYTES + (tls() == null ? 0 : HELD_TLS_SLACK_BYTES)));
  }

  /** Reads until nothing comes, without keeping it. */
  private static void readSome(Connection connection, Semaphore begun) throws IOException {
    byte[] buffer = new byte[1_024];
    connection.read(1);
    begun.release();
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
    Semaphore read = onceRead(Connection::hang);

    Call call = begin(newSender(), List.of("a line"));
    awaitRead(read);
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
    server().always(Connection::hang);

    interruptEnds(() -> List.of(begin(newSender(), List.of("a line"), true)));
  }

  @Test
  public void interrupt_whileItConnects_endsTheCall() throws Exception {
    try (FullBacklog full = new FullBacklog()) {
      interruptEnds(
          () -> {
            Call call = begin(add(sender(full.address())), List.of("a line"));
            pause(MOMENT.multipliedBy(2));
            return List.of(call);
          });
    }
  }

  @Test
  public void interrupt_withinTheTlsHandshake_endsTheCall() throws Exception {
    assumeThat(tls()).as("tls()").isNotNull();
    server().always(Connection::hang);

    interruptEnds(() -> connected(List.of("a line")));
  }

  @Test
  public void interrupt_whileNobodyGreetsOrReads_endsTheCall() throws Exception {
    server().always(connection -> connection.handshake().hang());

    interruptEnds(() -> connected(List.of("a line")));
  }

  @Test
  public void interrupt_whileItWrites_endsTheCall() throws Exception {
    server()
        .always(
            connection -> {
              greet(connection.handshake());
              connection.hang();
            });

    interruptEnds(() -> connected(batchOf(newSender(), LARGE_BATCH_BYTES)));
  }

  @Test
  public void interrupt_whileItWaitsForTheAnswer_endsTheCall() throws Exception {
    Semaphore read = onceRead(Connection::hang);

    interruptEnds(() -> readOf(read, newSender()));
  }

  @Test
  public void interrupt_withinTheAnswer_endsTheCall() throws Exception {
    Semaphore read = onceRead(connection -> connection.endAfterSending(1, Connection.End.HANG));

    interruptEnds(() -> readOf(read, newSender()));
  }

  @Test
  public void interrupt_betweenTries_endsTheCall() throws Exception {
    server().always(Connection::reset);

    interruptEnds(
        () -> {
          List<Call> calls = connected(List.of("a line"));
          pause(MOMENT.multipliedBy(2));
          return calls;
        });
  }

  @Test
  public void interrupt_behindAnotherCallOfItsClient_endsTheCall() throws Exception {
    Semaphore read = onceRead(Connection::hang);

    interruptEnds(
        () -> {
          List<BatchSender> senders = sharing(2);
          List<Call> others = readOf(read, senders.get(0));
          Call behind = begin(senders.get(1), List.of("behind"));
          pause(MOMENT.multipliedBy(4));
          assertThat(others.get(0).isOver()).as("the call in front has ended").isFalse();
          return List.of(behind);
        });
  }

  @Test
  public void interrupt_whileCallsOfItsClientFindNoServer_endsThem() throws Exception {
    server().refuse();

    interruptEnds(
        () -> {
          List<Call> calls = new ArrayList<>();
          for (BatchSender sender : sharing(CALLS_OF_ONE_CLIENT)) {
            calls.add(begin(sender, List.of("a line")));
          }
          pause(MOMENT.multipliedBy(8));
          return calls;
        });
  }

  private List<BatchSender> sharing(int jobs) throws Exception {
    List<BatchSender> senders = sendersOfOneClient(server().address(), jobs);
    assumeThat(senders).as("sendersOfOneClient()").isNotEmpty();
    assertThat(senders).as("sendersOfOneClient()").hasSize(jobs);
    senders.forEach(this::add);
    return senders;
  }

  /** Begins a call and returns when it has connected and gone on. */
  private List<Call> connected(List<String> lines) throws Exception {
    int before = server().connections();
    Call call = begin(newSender(), lines);
    server().awaitConnections(before + 1);
    pause(MOMENT.multipliedBy(2));
    return List.of(call);
  }

  /** Begins a call and returns when the server has read it. */
  private List<Call> readOf(Semaphore read, BatchSender sender) throws Exception {
    read.drainPermits();
    Call call = begin(sender, List.of("a line"));
    awaitRead(read);
    pause(MOMENT);
    return List.of(call);
  }

  /** Begins calls and returns when they wait for what does not come. */
  private interface Waiting {
    List<Call> begin() throws Exception;
  }

  private void interruptEnds(Waiting waiting) throws Exception {
    Throwable late = null;
    for (int tries = 0; tries < INTERRUPT_TRIES; tries++) {
      List<Call> calls = waiting.begin();
      calls.forEach(Call::interrupt);
      late = null;
      for (Call call : calls) {
        Throwable where = call.awaitSoon(interruptLimit());
        late = where == null ? late : where;
        assertThat(call.failure())
            .as("an interrupted call that nobody answered must fail")
            .isNotNull();
        claimsNothingElse(call);
      }
      if (late == null) {
        return;
      }
    }
    throw new AssertionError(
        "send runs "
            + interruptLimit().toMillis()
            + " ms after its interrupt, each of "
            + INTERRUPT_TRIES
            + " times, at the cause",
        late);
  }

  // --- servers that do wrong ---

  @Test
  public void server_thatIsDown_isAFailure() throws Exception {
    server().refuse();

    fails(List.of("a line"));
  }

  @Test
  public void server_thatLetsNoConnectionIn_isAFailure() throws Exception {
    try (FullBacklog full = new FullBacklog()) {
      assumeThat(full.isFull())
          .as("the kernel lets connecting hang where the queue of a port is full")
          .isTrue();
      Call call = begin(add(sender(full.address())), List.of("a line"));

      assertThat(call.endAndAwait()).as("nobody was reached, so the call must fail").isNotNull();
      assertThat(call.batch.call().isWritten())
          .as("SendCall.isWritten(): the server can't have the lines")
          .isFalse();
      claimsNothingElse(call);
    }
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

  /**
   * Of a batch that the systems in between hold as a whole nobody can tell whether the server had
   * read it when it said yes.
   */
  @Test
  public void server_thatSaysYesBeforeItReads_isAFailure() throws Exception {
    BatchSender sender = newSender();
    List<String> lines = batchOf(sender, LARGE_BATCH_BYTES);
    long bytes = 0;
    for (String line : lines) {
      bytes += sender.encodedBytes(line.length());
    }
    assumeThat(bytes).as("bytes of the largest batch").isGreaterThanOrEqualTo(UNHELD_BYTES);
    server()
        .always(
            connection -> {
              greet(connection.handshake());
              acceptUnread(connection);
            });
    Call call = begin(sender, lines);

    assertThat(call.endAndAwait()).as("the server took nothing, so the call must fail").isNotNull();
    claimsNothingElse(call);
  }

  @Test
  public void server_thatSaysYesBetweenTwoCalls_isNotTakenForAnAnswer() throws Exception {
    CountDownLatch mayLie = new CountDownLatch(1);
    CountDownLatch hasLied = new CountDownLatch(1);
    server()
        .then(
            connection -> {
              greet(connection);
              deliveries.answer(Objects.requireNonNull(receive(connection), "no delivery"));
              accept(connection);
              awaitLatch(mayLie);
              acceptUnread(connection);
              hasLied.countDown();
              connection.readToEnd();
            });
    BatchSender sender = newSender();
    succeeds(sender, List.of("first"));
    mayLie.countDown();
    awaitLatch(hasLied);
    for (int i = 0; i < 10 && openConnections() > 0; i++) {
      pause(MOMENT); // a client may see it while it is idle, or when it needs the connection
    }

    Call call = begin(sender, List.of("second"));
    Throwable unused = call.endAndAwait();

    claimsNothingElse(call);
  }

  @Test
  public void server_thatSaysThatItsAnswerIsStillToCome_isWaitedFor() throws Exception {
    CountDownLatch mayAnswer = new CountDownLatch(1);
    CountDownLatch told = new CountDownLatch(1);
    AtomicBoolean deferred = new AtomicBoolean();
    Semaphore read =
        onceRead(
            connection -> {
              deferred.set(defer(connection));
              told.countDown();
              awaitLatch(mayAnswer);
            });

    Call call = begin(newSender(), List.of("a line"));
    awaitRead(read);
    awaitLatch(told);
    pause(deferred.get() ? MOMENT.multipliedBy(4) : Duration.ZERO);
    boolean early = call.isOver();
    mayAnswer.countDown();

    assertThat(early).as("send returned before the answer, which was still to come").isFalse();
    assertThat(call.await()).as("failure").isNull();
    assertThat(texts()).containsExactly("a line");
    assumeThat(deferred.get()).as("defer()").isTrue();
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
    BatchSender sender = newSender();
    // A sender that tries again delivers it; another one fails.
    begin(sender, List.of("first")).await();
    succeeds(sender, List.of("second"));

    assertThat(texts()).endsWith("second");
  }

  @Test
  public void send_afterTheServerClosedTheConnection_delivers() throws Exception {
    BatchSender sender = newSender();
    succeeds(sender, List.of("first"));
    server().closeConnections();
    server().awaitOpenAtMost(0);

    assertThat(begin(sender, List.of("second")).await())
        .as("an idle connection that the server closed costs a batch")
        .isNull();
    assertThat(texts()).containsExactly("first", "second");
  }

  // --- what is left ---

  @Test
  public void batch_isNotReadAfterTheCall() throws Exception {
    Semaphore read = onceRead(Connection::hang);
    WatchedLines lines = new WatchedLines(List.of("a line", "another"));
    Call call = begin(newSender(), lines, false);
    awaitRead(read);
    call.interruptAndAwait();
    lines.over.set(true);
    server().closeConnections();
    closeSenders();
    pause(MOMENT.multipliedBy(4));

    assertThat(lines.late.get()).as("the batch was read after its call had ended").isNull();
  }

  @Test
  public void close_afterAnInterruptedCall_leavesNothingOpen() throws Exception {
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    Semaphore read = onceRead(Connection::readToEnd);
    Call call = begin(newSender(), List.of("a line"));
    awaitRead(read);
    call.interruptAndAwait();

    nothingIsLeft(before);
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
   * Lets every connection come to this once a delivery was read; returns a permit for each read.
   */
  private Semaphore onceRead(Fate fate) {
    Semaphore read = new Semaphore(0);
    server()
        .always(
            connection ->
                serve(
                    connection,
                    () -> {
                      read.release();
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

  private void fails(List<String> lines) throws Exception {
    Call call = begin(newSender(), lines);

    assertThat(call.endAndAwait()).as("the server took nothing, so the call must fail").isNotNull();
    claimsNothingElse(call);
  }

  /** Lines that the call says were delivered must be among those that the server answered. */
  private void claimsNothingElse(Call call) throws Exception {
    Set<String> answered = new HashSet<>(texts());
    List<String> claimed = call.claimed();
    assertThat(claimed)
        .as("lines that the sender says were delivered, and that the server did not accept")
        .allMatch(answered::contains);
  }

  private HostileServer server() {
    HostileServer server = current;
    if (server == null) {
      throw new IllegalStateException("no server: startServer() was not called");
    }
    return server;
  }

  private void awaitRead(Semaphore read) throws InterruptedException {
    awaitRead(read, 1);
  }

  private void awaitRead(Semaphore read, int times) throws InterruptedException {
    if (!read.tryAcquire(times, limit().multipliedBy(4).toNanos(), TimeUnit.NANOSECONDS)) {
      throw new AssertionError("the server waited in vain for what the sender should send");
    }
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
}
