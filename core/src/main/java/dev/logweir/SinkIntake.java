package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Lines on their way into the open batch of a sink, and the account of those that do not come so
 * far.
 *
 * <p>Lines come from the drain, which makes room before it adds, from a write by {@link
 * #addDirect}, or by {@link #submit}, from any thread.
 */
final class SinkIntake {
  /*
   * Each call takes the sink's lock. The sender is asked what a line costs before that; a send that has
   * become due is started after it (SinkBatches.startIfClaimed). Where the caller may hold a lock of
   * its own, in addDirect and submit, both are left to it.
   */

  private final SinkBatches batches;
  private final EncodedBound bound;

  SinkIntake(SinkBatches batches, EncodedBound bound) {
    this.batches = batches;
    this.bound = bound;
  }

  /** Whether the server bounds a batch in a unit of its own, so that every line must be weighed. */
  boolean isEncodedBounded() {
    return bound.isSet();
  }

  /**
   * Returns the longest fragment that with its mark and a marker before it is a batch the server
   * takes.
   */
  int maxLineBytes() {
    if (!bound.isSet()) {
      return Integer.MAX_VALUE;
    }
    int prefix = batches.job.settings.processors.isEmpty() ? 0 : Scratch.PREFIX_BYTES;
    return bound.maxLineBytes(
        batches.job.settings.maxLineBytes, Markers.Mark.CONTINUED.length() + prefix);
  }

  EncodedBound bound() {
    return bound;
  }

  /** Asks what a line costs of the server's bound; not to be called under a lock. */
  long weigh(int lineBytes) {
    return bound.cost(lineBytes);
  }

  // ---- room ----

  /**
   * Makes room in the open batch, which is then not sent before lines were added or the pass has
   * ended.
   *
   * @param min bytes there must be room for, at most what an empty batch takes
   * @param wanted bytes wanted, {@code min} or more
   * @param tallied whether they come with counts behind the line ends
   * @param lineBytes length of the longest line among them, for the server's bound
   * @return for how many bytes there is room; 0 if not for {@code min}
   */
  int prepare(int min, int wanted, boolean tallied, int lineBytes) {
    long encoded = bound.cost(lineBytes);
    batches.lock.lock();
    try {
      Room room = reserve(min, wanted, tallied, encoded);
      return room == Room.THERE ? Math.min(batches.assembly.room(tallied), wanted) : 0;
    } finally {
      batches.lock.unlock();
      batches.startIfClaimed();
    }
  }

  /**
   * Makes room for a run, or as many of its lines as there is room for: the run is cut to them.
   *
   * @param tallied whether they come with counts behind the line ends
   * @param capacity text that a segment has room for
   * @return whether there is room; if it is {@link Room#FULL}, the sink asks for a drain once there
   *     is
   */
  Room prepareRun(LineRun run, boolean tallied, int capacity) {
    int wanted = run.allBytes(tallied, capacity);
    int min = run.firstBytes(tallied);
    Room room;
    int bytes;
    batches.lock.lock();
    try {
      room = reserve(min, wanted, tallied, 0);
      bytes = batches.assembly.room(tallied);
    } finally {
      batches.lock.unlock();
      batches.startIfClaimed();
    }
    if (room == Room.THERE && bytes < wanted) {
      run.cutTo(bytes, tallied, capacity);
    }
    return room;
  }

  /**
   * Makes room for one line or fragment; as {@link #prepareRun}.
   *
   * @param plain whether it is a line as the job wrote it
   */
  Room prepareLine(int bytes, boolean plain, int lineBytes) {
    long encoded = bound.cost(lineBytes);
    batches.lock.lock();
    try {
      return reserve(bytes, bytes, batches.assembly.needsCounts(plain), encoded);
    } finally {
      batches.lock.unlock();
      batches.startIfClaimed();
    }
  }

  @GuardedBy("batches.lock")
  private Room reserve(int min, int wanted, boolean tallied, long encoded) {
    Room room = batches.makeRoom(min, wanted, tallied, encoded);
    batches.assembly.setReserved(room == Room.THERE);
    return room;
  }

  /** Returns what room costs of the budget. */
  long cost(int bytes, boolean tallied, int lineBytes) {
    long encoded = bound.cost(lineBytes);
    batches.lock.lock();
    try {
      return batches.assembly.cost(bytes, tallied, encoded);
    } finally {
      batches.lock.unlock();
    }
  }

  /** The budget has not enough for all sinks: none of them takes anything. */
  void waitForBudget() {
    batches.lock.lock();
    try {
      batches.starve();
    } finally {
      batches.lock.unlock();
      batches.startIfClaimed();
    }
  }

  /** Whether lines one by one fill what a run of whole lines would leave unused. */
  boolean wastesRoomOnRuns() {
    batches.lock.lock();
    try {
      return batches.assembly.wastesRoomOnRuns();
    } finally {
      batches.lock.unlock();
    }
  }

  // ---- lines ----

  /** Whether a start is claimed; a moment later another thread may have taken the claim. */
  boolean hasClaim() {
    return batches.claim.isMade();
  }

  /** As {@link SinkBatches#startIfClaimed}. */
  void startIfClaimed() {
    batches.startIfClaimed();
  }

  /** Adds a run of whole lines, with counts if it is to have them; there must be room. */
  void addRun(LineRun run, boolean tallied) {
    batches.lock.lock();
    try {
      batches.assembly.setOrigin(run.source, run.millis);
      SinkBatch batch = batches.openForLines();
      if (batch != null) {
        batches.assembly.addRun(batch, run, tallied);
        batch.asksToGo = true;
        batches.entered(run.lines, run.end - run.from);
      }
    } finally {
      batches.lock.unlock();
    }
  }

  /**
   * Takes whole lines straight from a write, as many as there is room for; the run is cut to them.
   * A send that is due is claimed only.
   *
   * @param begun what came before of the first line
   * @return whether there was room for the first; if not, they are for a drain
   */
  boolean addDirect(@Nullable Segment begun, LineRun run) {
    batches.lock.lock();
    try {
      batches.assembly.setOriginNow(run.source, batches.claim.isFree());
      try {
        return addDirectLocked(begun, run);
      } finally {
        batches.assembly.forgetNow();
      }
    } finally {
      batches.lock.unlock();
    }
  }

  @GuardedBy("batches.lock")
  private boolean addDirectLocked(@Nullable Segment begun, LineRun run) {
    int before = begun == null ? 0 : begun.end - begun.start;
    int wanted = before + run.end - run.from;
    // Most writes fit where the last one ended.
    if (batches.isEnded() || !batches.assembly.fits(wanted)) {
      int first = before + run.firstBytes(false);
      if (batches.assembly.wastesRoomOnRuns()
          || batches.makeRoom(first, wanted, false, 0) != Room.THERE) {
        return false;
      }
      int bytes = batches.assembly.room(false);
      if (bytes < wanted) {
        run.cutTo(bytes - before, false, 0);
      }
    }
    SinkBatch batch = Objects.requireNonNull(batches.assembly.open()); // with the room made above
    if (begun != null) {
      batches.assembly.addLines(batch, begun.bytes, begun.start, begun.end, 0);
    }
    batches.assembly.addRun(batch, run, false);
    batch.asksToGo = true;
    batches.entered(run.lines, before + run.end - run.from);
    batches.claimStart();
    return true;
  }

  /**
   * Adds a line, or a fragment with its mark; there must be room.
   *
   * @param source as {@link LineReader#source} tells it
   */
  void addPiece(LogLine piece, Markers.Mark mark, int source) {
    long encoded = bound.cost(piece.length() + mark.length());
    batches.lock.lock();
    try {
      batches.assembly.setOrigin(source, piece.timeMillis());
      SinkBatch batch = batches.openForLines();
      if (batch != null) {
        batches.assembly.addPiece(batch, piece, mark, batches.job.markerToken, encoded);
        batch.asksToGo = true;
        batches.entered(piece.sourceLines, piece.sourceBytes);
      }
    } finally {
      batches.lock.unlock();
    }
  }

  /**
   * Adds a line that did not come from a stream, or counts it as dropped. What comes out of a call
   * of the sender, or of a message about one, does not ask for a send: where a program's log is
   * shipped by this very sink, each send would else make the next one, for ever.
   *
   * <p>A send that is due is claimed only: the caller starts it, once it holds no lock.
   *
   * @param encoded what it costs of the server's bound, which the caller asked before it took any
   *     lock: {@link #weigh}
   * @return whether it is in a batch
   */
  boolean submit(LogLine piece, Markers.Mark mark, long encoded) {
    int bytes = piece.length() + mark.length() + 2 * LineCounts.MAX_TRAILER;
    batches.lock.lock();
    try {
      boolean tallied = batches.assembly.needsCounts(BatchAssembly.isPlain(piece));
      Room room = batches.isOpen() ? batches.makeRoom(bytes, bytes, tallied, encoded) : Room.FULL;
      boolean taken = room == Room.THERE;
      if (taken) {
        batches.assembly.setOriginNow(LineReader.NO_SOURCE, batches.claim.isFree());
        SinkBatch batch =
            Objects.requireNonNull(batches.assembly.open()); // with the room made above
        batches.assembly.addPiece(batch, piece, mark, batches.job.markerToken, encoded);
        batch.asksToGo |= !batches.isOwnWord();
        batches.entered(piece.sourceLines, piece.sourceBytes);
      } else {
        refuse(room.dropReason(DropReason.BUDGET), piece.sourceBytes, piece.sourceLines);
      }
      batches.claimStart();
      batches.assembly.forgetNow();
      return taken;
    } finally {
      batches.lock.unlock();
    }
  }

  /** Counts the rest of a line as dropped of which a piece was. */
  void refuse(LogLine rest) {
    refuse(DropReason.BUDGET, rest.sourceBytes, rest.sourceLines);
  }

  /** Counts lines as dropped that were not taken. */
  void refuse(DropReason reason, long bytes, int lines) {
    batches.lock.lock();
    try {
      dropOnTheWay(batches.isOpen() ? reason : DropReason.CLOSED, bytes, lines);
    } finally {
      batches.lock.unlock();
    }
  }

  // ---- what does not come ----

  /**
   * Adds the marker of a gap in front of the batches, and takes note of the gap. There must be
   * room.
   *
   * @param source the stream that it is in, as {@link LineReader#source} tells it
   * @param newLines how many of its lines have not been counted here yet
   * @param text the marker's; of no meaning where gaps are not marked
   */
  void addGap(int source, GapTally gap, long newLines, byte[] text) {
    long encoded = bound.cost(text.length);
    long millis = batches.job.engine.time.currentTimeMillis();
    batches.lock.lock();
    try {
      batches.ledger.gap(
          batches.position - gap.lines + newLines, gap.lines, gap.bytes, gap.reasons);
      batches.position += newLines;
      SinkBatch batch = batches.openForLines();
      if (batch != null && batches.job.settings.markers) {
        batches.assembly.setOrigin(source, millis);
        batches.assembly.addMarker(batch, text, encoded);
        batch.lines.endMarker(gap.lines, gap.bytes, gap.reasons);
      }
    } finally {
      batches.lock.unlock();
    }
  }

  /** Counts lines that a processor took out on purpose. */
  void filtered(long bytes, int lines) {
    batches.lock.lock();
    try {
      if (!batches.isEnded()) {
        batches.position += lines;
        batches.ledger.filtered(lines, bytes);
      }
    } finally {
      batches.lock.unlock();
    }
  }

  /** Counts a line that a processor lost; its marker comes with the next line. */
  void failed(long bytes, int lines) {
    batches.lock.lock();
    try {
      if (!batches.isEnded()) {
        batches.entered(lines, bytes);
        batches.ledger.dropped(DropReason.PROCESSOR_FAILED, lines, bytes);
      }
    } finally {
      batches.lock.unlock();
    }
  }

  /** Counts a line that was dropped on its way from the buffer to a batch. */
  void dropOnTheWay(DropReason reason, long bytes, int lines) {
    dropOnTheWay(reason, bytes, lines, 0);
  }

  /**
   * Counts a line that was dropped on its way from the buffer to a batch.
   *
   * @param added its own bytes, if a processor made it
   */
  void dropOnTheWay(DropReason reason, long bytes, int lines, long added) {
    batches.lock.lock();
    try {
      if (reason == DropReason.CLOSED) {
        batches.ledger.closed(
            lines, bytes, batches.isEnded()); // what comes after the end is no gap
      } else if (!batches.isEnded()) { // else the end has counted it as unsent
        batches.ledger.entered(lines, bytes);
        batches.ledger.droppedAt(batches.position, reason, lines, bytes, added);
        batches.gapBehind().add(lines, bytes, reason.bit());
        batches.position += lines;
      }
    } finally {
      batches.lock.unlock();
    }
  }
}
