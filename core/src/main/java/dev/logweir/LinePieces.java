package dev.logweir;

import org.jspecify.annotations.Nullable;

/**
 * Cuts what a processor made of a line into lines and fragments for the next target, in one scratch
 * of bounded size.
 *
 * <p>The source's account goes with the last piece; where that piece is empty and more of the line
 * comes, with the next one. Whatever the processor does, the target sees every line begin with a
 * first piece and end with a last one.
 */
final class LinePieces implements LogLine.Replacement {
  private final LineTarget next;
  private final LogLine piece;
  private final int limit;

  private byte[] scratch = Segment.NO_BYTES;
  private int size;
  private boolean lineBroken;

  /** Whether the target has the beginning of a line and not its end. */
  private boolean lineOpen;

  private @Nullable LogLine origin;
  private long carriedBytes;
  private int carriedLines;

  /**
   * @param limit the most bytes of a piece
   * @param lineOfNext the view handed to the target
   */
  LinePieces(LineTarget next, LogLine lineOfNext, int limit) {
    this.next = next;
    this.piece = lineOfNext;
    this.limit = limit;
  }

  /**
   * Lends the room to build pieces in, at least the limit long, until it is taken back with no
   * bytes.
   */
  void lend(byte[] room) {
    scratch = room;
    piece.setContent(room, 0, 0);
  }

  @Override
  public void begin(LogLine line) {
    origin = line;
    size = 0;
    lineBroken = false;
  }

  /**
   * Ends the replacement of the line begun: its last piece goes out, or waits for the next
   * fragment.
   */
  void end(LogLine line) {
    origin = null;
    boolean ends = line.isLast() || line.isCut();
    long bytes = takeCarriedBytes() + line.sourceBytes;
    int lines = takeCarriedLines() + line.sourceLines;
    if (size == 0 && !ends && !lineBroken) {
      carriedBytes = bytes;
      carriedLines = lines;
      return;
    }
    carriedBytes = Math.min(line.heldBack(), bytes);
    prepare(line, ends || lineBroken, line.isCut(), size);
    piece.setTally(bytes - carriedBytes, lines);
    next.accept(piece);
  }

  /** Passes a line on as it is. */
  void pass(LogLine line) {
    boolean ends = line.isLast() || line.isCut();
    boolean unended = line.isUnended();
    line.setPart(!lineOpen, ends, line.isCut());
    if (unended) {
      line.setUnended();
    }
    line.setTally(takeCarriedBytes() + line.sourceBytes, takeCarriedLines() + line.sourceLines);
    lineOpen = !ends;
    next.accept(line);
  }

  /** Gives up the replacement begun, if any. */
  void abort() {
    origin = null;
    size = 0;
    lineBroken = false;
  }

  /** Ends a line whose rest does not come, if the target has its beginning. */
  void close(LogLine line) {
    if (lineOpen) {
      deliver(line, true, true, 0);
    }
  }

  /** Whether the target has no beginning of a line whose end it lacks, and nothing is carried. */
  boolean isBetweenLines() {
    return !lineOpen && carriedBytes == 0 && carriedLines == 0;
  }

  long takeCarriedBytes() {
    long bytes = carriedBytes;
    carriedBytes = 0;
    return bytes;
  }

  int takeCarriedLines() {
    int lines = carriedLines;
    carriedLines = 0;
    return lines;
  }

  @Override
  public void text(String text) {
    int point;
    for (int index = 0; index < text.length(); index += Character.charCount(point)) {
      point = Utf8.pointAt(text, index);
      for (int i = 0; i < Utf8.length(point); i++) {
        lineByte(Utf8.byteAt(point, i));
      }
    }
  }

  /** Appends bytes in which a line end starts a new line. */
  @Override
  public void lines(byte[] bytes, int offset, int length) {
    int index = offset;
    int end = offset + length;
    while (index < end) {
      int lineEnd = Newlines.first(bytes, index, end);
      append(bytes, index, lineEnd - index);
      if (lineEnd < end) {
        lineByte((byte) '\n');
      }
      index = lineEnd + 1;
    }
  }

  /** Appends bytes that have no line end in them. */
  @Override
  public void append(byte[] bytes, int offset, int length) {
    int index = offset;
    int end = offset + length;
    while (index < end) {
      makeRoom();
      int count = Math.min(end - index, limit - size);
      System.arraycopy(bytes, index, scratch, size, count);
      size += count;
      index += count;
    }
  }

  private void lineByte(byte b) {
    if (b == '\n') {
      breakLine();
      if (size > 0 && scratch[size - 1] == '\r') {
        size--;
      }
      lineBroken = true;
    } else {
      makeRoom();
      scratch[size++] = b;
    }
  }

  private void makeRoom() {
    breakLine();
    if (size == limit) {
      int cut = LineCut.boundary(scratch, 0, size);
      deliver(current(), false, false, cut);
      System.arraycopy(scratch, cut, scratch, 0, limit - cut);
      size = limit - cut;
    }
  }

  /**
   * The piece before a line end waits for what follows, as only the last piece carries the account.
   */
  private void breakLine() {
    if (lineBroken) {
      lineBroken = false;
      deliver(current(), true, false, size);
      size = 0;
    }
  }

  private LogLine current() {
    LogLine line = origin;
    if (line == null) {
      throw new IllegalStateException("the line's time is over");
    }
    return line;
  }

  /** Hands on a piece that carries nothing of the account. */
  private void deliver(LogLine line, boolean last, boolean cut, int length) {
    prepare(line, last, cut, length);
    piece.setTally(0, 0);
    next.accept(piece);
  }

  private void prepare(LogLine line, boolean last, boolean cut, int length) {
    piece.setContent(scratch, 0, length);
    piece.setPosition(line.number(), line.timeMillis());
    piece.setPart(!lineOpen, last, cut);
    // Only the last piece of a replacement ends where its line does.
    if (last && origin == null && line.isUnended() && !lineBroken) {
      piece.setUnended();
    }
    lineOpen = !last;
  }
}
