package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.OutputStream;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One stream of a job: takes what the job writes, up to {@code maxSize} heap bytes, until the drain
 * has taken it away. If there are no processors or listeners and no backlog, complete lines bypass
 * the buffer.
 *
 * <p>A write returns after a copy in memory. It never waits for a sender, a processor or another
 * job and never throws because of shipping, not even after {@link #close}. What does not fit is
 * dropped at a line end and counted; once dropping has begun, it goes on until an eighth of the
 * buffer is free, and then to the next line end. Thread-safe; each write is atomic.
 */
public final class SafeBuffer extends OutputStream {
  /*
   * This is the writers' end of a stream; what is kept and dropped is decided in its store, under the
   * store's lock. Three kinds of calls write: write, whose whole lines may go past the store
   * (DirectPath) and else drop what has no room; writeLine, which always goes through it;
   * WaitingOutput, which takes room first and writes into it then. Where a marker proves the job's
   * end, ExitScan takes it out before anything else is done.
   */

  /** Each byte as an array: a write of one takes no memory either. */
  private static final byte[][] SINGLE_BYTES = singleBytes();

  final StreamStore store;
  private final DrainContext drain;

  /** Looks for what proves the job's end, under the store's lock; null if nothing does. */
  final @Nullable ExitScan exit;

  /** How whole lines may go past the store; null if they may not. */
  @GuardedBy("store.lock")
  private @Nullable DirectPath direct;

  SafeBuffer(DrainContext drain, StreamStore store, @Nullable ExitScan exit) {
    this.drain = drain;
    this.store = store;
    this.exit = exit;
  }

  private static byte[][] singleBytes() {
    byte[][] arrays = new byte[256][];
    for (int i = 0; i < arrays.length; i++) {
      arrays[i] = new byte[] {(byte) i};
    }
    return arrays;
  }

  /** Takes one byte; as {@link #write(byte[], int, int)}. */
  @Override
  public void write(int b) {
    write(SINGLE_BYTES[b & 0xFF], 0, 1);
  }

  /**
   * Takes all bytes of an array; as {@link #write(byte[], int, int)}.
   *
   * @throws NullPointerException if {@code bytes} is null
   */
  @Override
  public void write(byte[] bytes) {
    write(bytes, 0, bytes.length);
  }

  /**
   * Takes bytes, or drops and counts what has no room.
   *
   * @throws NullPointerException if {@code bytes} is null
   * @throws IndexOutOfBoundsException if the range is not within the array
   */
  @Override
  public void write(byte[] bytes, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    if (length == 0) {
      return;
    }
    int end = offset + length;
    DirectPath passing = null;
    boolean ask = false;
    store.lock.lock();
    try {
      passing = beginDirect();
      if (exit == null) {
        ask = add(passing, bytes, offset, end);
      } else {
        ask = addWatched(exit, passing, bytes, offset, end);
      }
    } finally {
      store.lock.unlock();
      endWrite(passing, ask);
    }
  }

  /**
   * Returns the path of a write that is to be ended by {@link #endWrite}; null if it is not free.
   */
  @GuardedBy("store.lock")
  private @Nullable DirectPath beginDirect() {
    DirectPath path = direct;
    return path != null && path.begin() ? path : null;
  }

  @GuardedBy("store.lock")
  private boolean add(@Nullable DirectPath passing, byte[] bytes, int offset, int end) {
    int from = passing == null ? offset : passing.take(bytes, offset, end);
    return from < end && store.accept(bytes, from, end) && needsDrain();
  }

  /** As {@link #add}, but for the marker, which goes nowhere. */
  @GuardedBy("store.lock")
  private boolean addWatched(
      ExitScan scan, @Nullable DirectPath passing, byte[] bytes, int offset, int end) {
    boolean ask = false;
    int from = offset;
    while (from < end) {
      int to = plainEnd(scan, bytes, from, end);
      if (to > from) {
        ask |= add(passing, bytes, from, to);
        from = to;
      } else {
        from = scan.take(bytes, from, end);
        if (scan.isDecided()) {
          ask |= takeMarker(scan) || add(passing, scan.held(), 0, scan.letGo());
        }
      }
    }
    return ask;
  }

  /** Returns where what can be no marker ends; nothing is looked for once the stream is closed. */
  @GuardedBy("store.lock")
  int plainEnd(ExitScan scan, byte[] bytes, int from, int end) {
    return store.isClosed() ? end : scan.plainEnd(bytes, from, end);
  }

  /** Takes a marker out, if it is whole; the line before it ends, if it had not. */
  @GuardedBy("store.lock")
  boolean takeMarker(ExitScan scan) {
    boolean whole = scan.takeMarker();
    if (whole) {
      store.endLine();
    }
    return whole;
  }

  /** Whether what was kept is more than the beginning of a line that goes on past the store. */
  @GuardedBy("store.lock")
  private boolean needsDrain() {
    return direct == null || store.holdsLines();
  }

  private void endWrite(@Nullable DirectPath passing, boolean ask) {
    if (passing != null) {
      passing.end(ask);
    } else if (ask) {
      drain.request();
    }
  }

  void openDirectPath(DirectPath path) {
    store.lock.lock();
    try {
      direct = path;
    } finally {
      store.lock.unlock();
    }
  }

  // ---- lines of a shipper ----

  /**
   * Takes a text and ends its last line; of several writers none comes between.
   *
   * @param asks whether it is to be drained for its own sake, and not only with what comes later
   * @return whether there was room for all of it; else a part was dropped and counted
   */
  boolean writeLine(byte[] bytes, int offset, int length, boolean asks) {
    return writeLine(null, bytes, offset, length, asks);
  }

  /** As {@link #writeLine(byte[], int, int, boolean)}, with no memory taken for the bytes. */
  boolean writeLine(String text, boolean asks) {
    return writeLine(text, Segment.NO_BYTES, 0, 0, asks);
  }

  /**
   * @param text taken in place of the bytes if it is not null
   */
  private boolean writeLine(
      @Nullable String text, byte[] bytes, int offset, int length, boolean asks) {
    int end = offset + length;
    boolean ended = text == null ? length > 0 && bytes[end - 1] == '\n' : text.endsWith("\n");
    boolean ask;
    boolean kept;
    store.lock.lock();
    try {
      beginLine(asks);
      ask = text == null ? length > 0 && store.accept(bytes, offset, end) : accept(text);
      ask |= endLine(ended, asks);
      kept = keepsAll();
    } finally {
      store.lock.unlock();
    }
    if (ask && asks) {
      drain.request();
    }
    return kept;
  }

  @GuardedBy("store.lock")
  private boolean accept(String text) {
    boolean ask = false;
    int point;
    for (int at = 0; at < text.length(); at += Character.charCount(point)) {
      point = Utf8.pointAt(text, at);
      for (int i = 0; i < Utf8.length(point); i++) {
        ask |= store.accept(SINGLE_BYTES[Utf8.byteAt(point, i) & 0xFF], 0, 1);
      }
    }
    return ask;
  }

  @GuardedBy("store.lock")
  private void beginLine(boolean asks) {
    if (!asks) {
      store.stopAsking();
    }
  }

  /** Ends what was written, unless it has; returns whether that asks for a drain. */
  @GuardedBy("store.lock")
  private boolean endLine(boolean ended, boolean asks) {
    boolean ask = !ended && store.accept(SINGLE_BYTES['\n'], 0, 1);
    if (asks) {
      store.askForAll();
    }
    return ask;
  }

  @GuardedBy("store.lock")
  private boolean keepsAll() {
    return !store.isClosed() && !store.isDropping();
  }

  // ---- writes that wait; see WaitingOutput ----

  /**
   * Returns a view of this stream whose writes return only when all their bytes are stored: for
   * sources that push and can be slowed down in this way, such as an exec stream. A waiting write
   * holds no lock and no thread but its own. It waits until there is room, or the stream or the job
   * ends, and then drops the rest as any write does; if a sink makes no progress for {@link
   * LogStreamer.Builder#maxWait}, its overflow policy makes room. A write can be interrupted: it
   * throws {@link java.io.InterruptedIOException} with the count of the bytes that were stored, and
   * the thread stays interrupted. From within a processor, listener or sender of this job it does
   * not wait.
   *
   * <p>Thread-safe. Waiting writes do not mix with each other; a write to this stream itself, which
   * never waits, may come between the parts of one that is larger than the room. Closing the view
   * closes this stream.
   *
   * @throws IllegalStateException if the job was not built with {@link WhenFull#WAIT}
   */
  public OutputStream waiting() {
    JobContext job = drain.job;
    if (job.settings.whenFull != WhenFull.WAIT) {
      throw new IllegalStateException("whenFull must be WAIT for a stream that waits");
    }
    job.linesWait();
    return new WaitingOutput(this);
  }

  /** Whether a write by the calling thread would wait for itself. */
  boolean isWithinJob() {
    return drain.job.isWithin();
  }

  /** Takes whole lines past the store, if they may go there; returns where they end. */
  int writeDirect(byte[] bytes, int offset, int end) {
    int from = offset;
    DirectPath passing = null;
    store.lock.lock();
    try {
      passing = beginDirect();
      from = passing == null ? offset : passing.take(bytes, offset, end);
    } finally {
      store.lock.unlock();
      endWrite(passing, false);
    }
    return from;
  }

  /**
   * Takes bytes for which a write that waited has room, or drops them; never past the store.
   *
   * @return whether the drain is to be asked for
   */
  @GuardedBy("store.lock")
  boolean addWaited(byte[] bytes, int from, int end) {
    store.accept(bytes, from, end);
    return needsDrain();
  }

  void requestDrain() {
    drain.request();
  }

  // ---- the end ----

  /** Does nothing: complete lines are drained without a request. */
  @Override
  public void flush() {}

  /**
   * Ends this stream alone: its last line goes out without a line end, later writes are dropped as
   * closed.
   */
  @Override
  public void close() {
    store.lock.lock();
    try {
      if (store.isClosed()) {
        return;
      }
      end();
    } finally {
      store.lock.unlock();
    }
    drain.request();
  }

  @GuardedBy("store.lock")
  private void end() {
    endWatch();
    store.close();
  }

  @GuardedBy("store.lock")
  private void endWatch() {
    if (exit != null) {
      exit.end();
    }
  }

  /**
   * Ends this stream, if it has not ended: the account may be closed before the end has come to it.
   * From now on drops count in the meters only.
   */
  @GuardedBy("store.lock")
  void endAccount() {
    end();
    store.ledger().markReported();
  }

  /** Gives up what was not drained, after the end; to the pool only if no one may still read it. */
  void discard(boolean recycle) {
    store.lock.lock();
    try {
      endWatch();
    } finally {
      store.lock.unlock();
    }
    store.discard(recycle);
  }

  /**
   * Ends the line that the last write left open, if it did: it goes out as a line of its own, and
   * nothing that is written later joins it. Counts no byte, as none was written.
   */
  void endLine() {
    store.lock.lock();
    try {
      if (store.isClosed()) {
        return;
      }
      endWatch();
      store.endLine();
    } finally {
      store.lock.unlock();
    }
    drain.request();
  }

  boolean isClosed() {
    store.lock.lock();
    try {
      return store.isClosed();
    } finally {
      store.lock.unlock();
    }
  }

  boolean isDropping() {
    return store.isDropping();
  }

  /** From now on a marker counts only if it comes anew; returns whether one had come. */
  boolean forgetExit() {
    store.lock.lock();
    try {
      return exit != null && exit.forget();
    } finally {
      store.lock.unlock();
    }
  }

  /** Returns the exit code that the job's marker had, or -1 if none came. */
  int exitCode() {
    store.lock.lock();
    try {
      return exit == null ? -1 : exit.code();
    } finally {
      store.lock.unlock();
    }
  }

  /** Returns what was taken out, as it proves the end. */
  @GuardedBy("store.lock")
  Tally marked() {
    return exit == null ? Tally.NONE : exit.marked();
  }

  /** Returns how many bytes are held that may be the beginning of the marker. */
  @GuardedBy("store.lock")
  long undecidedBytes() {
    return exit == null ? 0 : exit.heldBytes();
  }

  @Override
  public String toString() {
    return "SafeBuffer["
        + (isClosed() ? "closed" : "open")
        + ", "
        + store.heldBytes()
        + " bytes held]";
  }
}
