package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.BooleanSupplier;

/** A sender that stands still, fails and recovers as a test says, and keeps what arrived. */
final class SteppedSender implements BatchSender {
  /** What becomes of a batch. */
  enum Mode {
    TAKE,
    FAIL,
    ERROR,
    REFUSE,
    GONE,
    SOME_LINES,
    FIRST_LINES
  }

  private final SteppedSends sends;
  private final int maxBatchBytes;
  private Mode mode = Mode.TAKE;
  private boolean tellsWritten;
  private BooleanSupplier probe = () -> false;

  final List<Piece> arrived = new ArrayList<>();
  long arrivedBytes;
  long arrivedEnds;
  int arrivedBatches;
  int calls;
  int closed;
  int failures;
  boolean gone;

  /** Bytes told of by markers that failed alone: they are not tried again. */
  long lostMarkers;

  private boolean isolated;
  private boolean inside;
  private long lastSequence;
  private long nextLine = 1;
  private long nextOffset;
  private AssertionError fault;

  SteppedSender(SteppedSends sends, int maxBatchBytes) {
    this.sends = sends;
    this.maxBatchBytes = maxBatchBytes;
  }

  /** From now on takes everything at once, whatever is said to all senders. */
  void isolate() {
    isolated = true;
  }

  void mode(Mode next) {
    if (isolated) {
      return;
    }
    mode = next;
    tellsWritten = next == Mode.FAIL;
  }

  /** Runs within every call; its result must be false. */
  void probe(BooleanSupplier action) {
    probe = action;
  }

  @Override
  public int maxBatchBytes() {
    return maxBatchBytes;
  }

  @Override
  public long encodedBytes(int lineBytes) {
    return cost(lineBytes);
  }

  static int cost(int lineBytes) {
    return (lineBytes + 2) / 3 * 4 + 10;
  }

  @Override
  public void send(List<String> lines) throws Exception {
    try {
      take(LogBatch.of(lines));
    } catch (AssertionError e) {
      if (fault == null) {
        fault = e;
      }
      throw e;
    } finally {
      inside = false;
    }
  }

  private void take(LogBatch batch) throws Exception {
    require(!inside, "two calls at once");
    require(closed == 0, "called after close");
    inside = true;
    calls++;
    List<byte[]> read = readAll(batch);
    checkNumbers(batch, read);
    require(!probe.getAsBoolean(), "drained from within the sender");
    if (!isolated) {
      sends.park();
    }
    List<byte[]> again = readAll(batch);
    require(again.size() == read.size(), "the batch changed while it was sent");
    for (int i = 0; i < read.size(); i++) {
      require(java.util.Arrays.equals(read.get(i), again.get(i)), "a line changed, " + i);
    }
    if (tellsWritten) {
      batch.call().written();
    }
    BitSet undelivered = new BitSet();
    if (mode == Mode.SOME_LINES) {
      for (int i = 0; i < read.size(); i++) {
        undelivered.set(i, (i * 31 + read.size()) % 3 == 0);
      }
    }
    if (mode == Mode.FIRST_LINES) {
      undelivered.set(read.size() / 2, read.size());
      batch.call().delivered(read.size() / 2);
    }
    failures += mode == Mode.TAKE ? 0 : 1;
    gone |= mode == Mode.GONE;
    boolean inParts = mode == Mode.SOME_LINES || mode == Mode.FIRST_LINES;
    if (mode != Mode.TAKE && batch.lines.count() == 0 && (!inParts || undelivered.get(0))) {
      lostMarkers += Piece.of(read.get(0)).bytes();
    }
    switch (mode) {
      case FAIL -> throw new java.io.IOException("failed");
      case ERROR -> throw new StackOverflowError("failed");
      case REFUSE -> throw new SendException(SendException.Kind.REFUSED, "refused", null);
      case GONE -> throw new SendException(SendException.Kind.JOB_GONE, "gone", null);
      default -> {}
    }
    for (int i = 0; i < read.size(); i++) {
      if (!undelivered.get(i)) {
        arrive(read.get(i));
      }
    }
    if (mode == Mode.FIRST_LINES) {
      throw new java.io.IOException("after a part");
    }
    if (mode == Mode.SOME_LINES) {
      throw new SendException(SendException.Kind.FAILED, "some", null, undelivered);
    }
    arrivedBatches++;
  }

  private void arrive(byte[] line) {
    Piece piece = Piece.of(line);
    arrived.add(piece);
    if (piece.kind() != Piece.Kind.GAP) {
      arrivedBytes += piece.text().length;
      arrivedEnds += piece.kind() == Piece.Kind.END ? 1 : 0;
    }
  }

  private void checkNumbers(LogBatch batch, List<byte[]> read) {
    require(batch.sequence() > lastSequence, "batches out of sequence");
    int head = batch.lines.headLines();
    long bytes = 0;
    for (int i = head; i < read.size(); i++) {
      bytes += read.get(i).length + 1;
    }
    if (batch.sequence() == lastSequence + 1) {
      require(batch.firstLine() == nextLine, "first line " + batch.firstLine());
      require(batch.offset() == nextOffset, "offset " + batch.offset());
    }
    lastSequence = batch.sequence();
    nextLine = batch.firstLine() + read.size() - head;
    nextOffset = batch.offset() + bytes;
    require(!read.isEmpty(), "an empty batch");
    if (maxBatchBytes != Integer.MAX_VALUE) {
      long encoded = read.stream().mapToLong(line -> encodedBytes(line.length)).sum();
      require(encoded <= maxBatchBytes, "the server takes no batch of " + encoded);
    }
  }

  private static List<byte[]> readAll(LogBatch batch) {
    List<byte[]> all = new ArrayList<>();
    LineReader reader = batch.reader();
    long bytes = 0;
    while (reader.next()) {
      byte[] line = new byte[reader.length()];
      int at = 0;
      while (at < line.length) {
        at += reader.read(line, at, Math.min(7 + at, line.length - at));
      }
      require(reader.read(line, 0, line.length) == -1, "more than the line");
      all.add(line);
      bytes += line.length + 1;
    }
    require(batch.byteCount() == bytes, "byteCount " + batch.byteCount() + " of " + bytes);
    require(batch.size() == all.size(), "size " + batch.size() + " of " + all.size());
    int step = Math.max(1, all.size() / 7);
    for (int i = all.size() - 1; i >= 0; i -= step) {
      require(batch.get(i).equals(new String(all.get(i), UTF_8)), "line " + i);
    }
    int index = 0;
    for (String line : batch) {
      require(line.equals(new String(all.get(index++), UTF_8)), "line in turn " + index);
    }
    return all;
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }

  void rethrow() {
    if (fault != null) {
      throw fault;
    }
  }

  @Override
  public void close() {
    closed++;
  }
}
