package dev.logweir;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The buffer: writes and its end from anywhere, beside the one drain that takes what is there. */
@Timeout(value = 1, unit = TimeUnit.HOURS)
class BufferModelTest {
  /** A few bytes, beside two marks and the record of a gap. */
  private static final int NOMINAL =
      Segment.SMALL - Segment.capacity(Segment.SMALL) + RunMarks.BYTES + RunMarks.GAP_BYTES + 9;

  /** A buffer of some small segments, and the drain's side of it. */
  private static final class Rig {
    private final StreamView view = new StreamView();
    final StreamStore store;
    final SafeBuffer buffer;
    final StringBuilder drained = new StringBuilder();
    final GapTally told = new GapTally();

    Rig(int segments) {
      LogweirEngine engine =
          LogweirEngine.builder()
              .time(new Models.StandingTime())
              .drainThreads(new Models.HandedOver())
              .build();
      Job job = Models.start(engine, true, lines -> {});
      SegmentPool pool = new SegmentPool(NOMINAL, segments, Segment::new);
      SegmentAccount account = new SegmentAccount(pool, null);
      LineOrder order = new LineOrder(job.streams(), LogSource.STDOUT);
      store = new StreamStore(account, segments * NOMINAL, order, engine.totals);
      buffer = new SafeBuffer(job.streams(), store, null);
    }

    void write(String text) {
      byte[] bytes = text.getBytes(US_ASCII);
      buffer.write(bytes, 0, bytes.length);
    }

    /** Takes what there is, as a drain does; returns it. */
    String drain() {
      int before = drained.length();
      store.snapshot(view, drained.length());
      Segment last = null;
      for (Segment at = view.head; at != null; at = view.after(at)) {
        if (at.hasGap && !at.gapTaken) {
          RunMarks.addGapTo(told, at);
          at.gapTaken = true;
        }
        int end = view.end(at);
        drained.append(new String(at.bytes, at.start, end - at.start, US_ASCII));
        at.start = end;
        last = at;
      }
      if (last != null) {
        store.release(last);
      }
      if (store.hasGap()) {
        store.takeGap(told);
      }
      view.clear();
      return drained.substring(before);
    }
  }

  /** A buffer with room: each call is one step, as if no other were under way. */
  @Param(name = "number", gen = IntGen.class, conf = "1:3")
  public static final class WithRoom {
    private final Rig rig = new Rig(32);

    /** Writes a line and the beginning of one, over the borders of segments. */
    @Operation
    public void write(@Param(name = "number") int number) {
      rig.write("x" + number + ".........\ny" + number);
    }

    @Operation(nonParallelGroup = "drain")
    public String drain() {
      return rig.drain();
    }

    @Operation
    public void close() {
      rig.buffer.close();
    }
  }

  @Test
  void eachCall_isOneStep() {
    Models.check(WithRoom.class);
  }

  /** A buffer that is soon full: it keeps whole lines, and tells of all others. */
  public static final class Full {
    private final Rig rig = new Rig(2);
    private final AtomicInteger numbers = new AtomicInteger();

    @Operation
    public void write() {
      rig.write("a" + numbers.incrementAndGet() + ".....\n");
    }

    @Operation
    public void writeTwo() {
      int number = numbers.addAndGet(2);
      rig.write("a" + (number - 1) + ".....\na" + number + ".....\n");
    }

    @Operation(nonParallelGroup = "drain")
    public void drain() {
      rig.drain();
    }

    @Validate
    public void allIsKeptOrCounted() {
      rig.drain();
      rig.drain();
      Set<String> found = new HashSet<>();
      for (String line : rig.drained.toString().lines().toList()) {
        Models.require(line.length() == 7 || line.length() == 8, "whole " + line);
        Models.require(found.add(line), "once: " + line);
      }
      Tally accepted = rig.store.ledger().accepted();
      Tally dropped = rig.store.ledger().dropped().total();
      Models.require(accepted.lines() == numbers.get(), "all is counted: " + accepted);
      Models.require(
          found.size() + dropped.lines() == accepted.lines(), "kept or dropped: " + found);
      Models.require(
          rig.drained.length() + dropped.bytes() == accepted.bytes(), "each byte: " + dropped);
      Models.require(
          rig.told.lines == dropped.lines() && rig.told.bytes == dropped.bytes(), "gaps tell it");
      Models.require(rig.store.heldBytes() == 0, "nothing is left");
    }
  }

  @Test
  void fullBuffer_keepsWholeLinesAndTellsOfAllOthers() {
    Models.check(Full.class);
  }
}
