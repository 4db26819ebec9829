package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When a batch of a sink goes, and how large it is. */
@Timeout(60)
class SinkTest extends SinkRig {
  // ---- when a batch goes ----

  @Test
  void firstBatch_goesAtOnceAndTheNextWhenItsTimeHasCome() {
    Sink sink = sink();
    pass(sink, 'a', 2);
    assertThat(sends.waiting()).isEqualTo(1);
    sendAll();
    pass(sink, 'b', 2);
    advance(1);
    pass(sink, 'c', 2);
    assertThat(time.pending()).isEqualTo(1);
    advance(INTERVAL - 2);
    assertThat(sends.waiting()).isZero();
    advance(1);
    assertThat(sends.waiting()).isEqualTo(1);
    sendAll();
    assertThat(arrived).containsExactly("a", "b|c");
    pass(sink, 'd', 2);
    advance(INTERVAL);
    sendAll();
    assertThat(arrived).containsExactly("a", "b|c", "d");
  }

  @Test
  void batchDueByTime_goesWithTheNextPassIfItsLinesWereNotAllThere() {
    Sink sink = sink();
    pass(sink, 'a', 2);
    sendAll();
    pass(sink, 'b', 2);
    assertThat(sink.intake.prepare(2, 2, false, 0)).isEqualTo(2);
    advance(INTERVAL);
    assertThat(sends.waiting()).as("lines are about to come").isZero();
    addLine(sink, new byte[] {'c', '\n'});
    sink.passEnded();
    sendAll();
    assertThat(arrived).containsExactly("a", "b|c");
  }

  @Test
  void batchDueByTime_goesAtOnceBehindTheOneBeingSent() {
    Sink sink = sink();
    stall(sink);
    pass(sink, 'b', 2);
    advance(INTERVAL);
    pass(sink, 'c', 2);
    recover();
    assertThat(arrived).containsExactly("1", "b|c");
  }

  @Test
  void batchNotDueBehindTheOneBeingSent_getsItsTimer() {
    Sink sink = sink();
    stall(sink);
    pass(sink, 'b', 2);
    advance(1);
    recover();
    assertThat(arrived).containsExactly("1");
    advance(INTERVAL - 2);
    assertThat(sends.waiting()).isZero();
    advance(1);
    sendAll();
    assertThat(arrived).containsExactly("1", "b");
  }

  @Test
  void sealedBatch_goesAtOnce() {
    Sink sink = sink();
    pass(sink, 'a', 2);
    sendAll();
    add(sink, 'b', FULL - 10);
    add(sink, 'c', 11);
    assertThat(sends.waiting()).isEqualTo(1);
    sendAll();
    assertThat(arrived).containsExactly("a", "b*" + (FULL - 11));
  }

  @Test
  void roomThatWasNotUsed_isGivenBackAtTheEndOfThePass() {
    Sink sink = sink();
    assertThat(sink.intake.prepare(10, 10, false, 0)).isEqualTo(10);
    assertThat(heldBytes(sink)).isEqualTo(1 << 10);
    sink.passEnded();
    assertThat(heldBytes(sink)).isZero();
    assertThat(sends.waiting()).isZero();
  }

  @Test
  void taskThatGotNoThread_isTriedAgain() {
    Sink sink = sink();
    pass(sink, 'a', 2);
    notStarted(sink);
    notStarted(sink);
    assertThat(time.pending()).isEqualTo(1);
    advance(WorkerPool.RETRY_NANOS - 1);
    assertThat(sends.waiting()).isEqualTo(1);
    advance(1);
    assertThat(sends.waiting()).isEqualTo(2);
    notStarted(sink);
    assertThat(time.pending()).isEqualTo(1);
  }

  @Test
  void taskThatGotNoThread_isNotTriedAfterTheEnd() {
    Sink sink = sink();
    job(sink).finish(0);
    sendAll();
    notStarted(sink);
    assertThat(time.pending()).isZero();
  }

  // ---- the server's bound ----

  @Test
  void maxLineBytes_isTheLongestPieceThatTheServerTakesBehindAMarker() {
    assertThat(sink().intake.maxLineBytes()).isEqualTo(Integer.MAX_VALUE);
    assertThat(sink().intake.isEncodedBounded()).isFalse();
    for (int over = 0; over < 3; over++) {
      int bound = 700 + over;
      Sink bounded = start(settings(), false, sender(bound)).firstSink();
      assertThat(bounded.intake.isEncodedBounded()).isTrue();
      assertThat(bounded.intake.maxLineBytes()).isEqualTo(bound - 257 - 1 - 30);
    }
    Sink wide = start(settings(), false, sender(100_000)).firstSink();
    assertThat(wide.intake.maxLineBytes()).isEqualTo(1 << 10);
    JobSettings processing = settings();
    processing.processor(line -> {});
    Job processed = start(processing, false, sender(900));
    assertThat(processed.firstSink().intake.maxLineBytes()).isEqualTo(900 - 257 - 1 - 30 - 256);
  }

  @Test
  void batch_isNoLargerThanTheServerTakes() {
    Sink sink = start(settings(), false, sender(600)).firstSink();
    int most = 600 - 257;
    submit(sink, "first");
    sendAll();
    submit(sink, "a".repeat(most - 150 - 1));
    submit(sink, "b".repeat(150 - 1));
    assertThat(sends.waiting()).isZero();
    submit(sink, "c");
    assertThat(sends.waiting()).isEqualTo(1);
    sendAll();
    assertThat(arrived).containsExactly("first", "a*" + (most - 151) + "|b*149");
  }

  @Test
  void costThatTheSenderCanNotTell_isTheLengthWithALineEnd() {
    boolean[] broken = new boolean[1];
    BatchSender sender = sender(600);
    BatchSender throwing =
        new BatchSender() {
          @Override
          public void send(List<String> lines) throws Exception {
            sender.send(lines);
          }

          @Override
          public int maxBatchBytes() {
            return sender.maxBatchBytes();
          }

          @Override
          public long encodedBytes(int lineBytes) {
            if (broken[0]) {
              throw new IllegalStateException("encodedBytes");
            }
            return lineBytes + 1L;
          }
        };
    Sink sink = start(settings(), false, throwing).firstSink();
    broken[0] = true;
    submit(sink, "first");
    sendAll();
    submit(sink, "a".repeat(171));
    submit(sink, "b".repeat(170));
    assertThat(sends.waiting()).isZero();
    submit(sink, "");
    sendAll();
    assertThat(arrived).containsExactly("first", "a*171|b*170");
  }

  // ---- looking at it ----

  @Test
  void heldBytes_countTheObjectsOfManyBatches() {
    Sink sink = start(settings(), false, sender(1_200)).firstSink();
    stall(sink);
    for (int i = 0; i < 6; i++) {
      submit(sink, "x".repeat(900));
    }
    sink.lock.lock();
    try {
      long segments = held(sink).lines();
      assertThat(sink.heldBytes()).isGreaterThan(segments << 10);
    } finally {
      sink.lock.unlock();
    }
  }

  @Test
  void recentLines_areThoseOfAllBatchesSealedAndOpen() {
    Sink sink = start(settings(), true, sender(Integer.MAX_VALUE)).firstSink();
    stall(sink);
    add(sink, 'a', FULL);
    pass(sink, 'b', 2);
    assertThat(shown(sink.recentLines())).isEqualTo("1|a*3727|b");
    assertThat(sink().recentLines()).isEmpty();
  }
}
