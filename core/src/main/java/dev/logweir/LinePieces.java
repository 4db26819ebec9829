package dev.logweir;

import org.jspecify.annotations.Nullable;

/**
 * Cuts what a processor made of a line into lines and fragments for the next target, in one scratch
 * of bounded size.
 *
 * <p>The source's account goes with the last piece; where that piece is empty and more of the line
 * comes, with the next one.
 */
final class LinePieces {
  private final LineTarget next;
  private final LogLine piece;
  private final int limit;

  private byte[] scratch = Segment.NO_BYTES;
  private int size;
  private boolean lineBroken;
  private boolean firstOfLine;
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

  void begin(LogLine line) {
    origin = line;
    size = 0;
    lineBroken = false;
    firstOfLine = line.isFirst();
  }

  /**
   * Ends the replacement of the line begun: its last piece goes out, or waits for the next
   * fragment.
   */
  void end(LogLine line) {
    long bytes = carriedBytes + line.sourceBytes - line.heldBack();
    int lines = carriedLines + line.sourceLines;
    carriedBytes = line.heldBack();
    carriedLines = 0;
    origin = null;
    if (size == 0 && !line.isLast() && !line.isCut()) {
      carriedBytes += bytes;
      carriedLines = lines;
      return;
    }
    deliver(line, line.isLast(), line.isCut(), size, bytes, lines);
  }

  /**
   * Gives up the replacement begun, as the processor threw in the middle of it; returns what it
   * carried.
   */
  long abort() {
    origin = null;
    long bytes = carriedBytes;
    carriedBytes = 0;
    carriedLines = 0;
    return bytes;
  }

  void text(String text) {
    int index = 0;
    int end = text.length();
    while (index < end) {
      char c = text.charAt(index++);
      if (c < 0x80) {
        lineByte((byte) c);
      } else if (c < 0x800) {
        lineByte((byte) (0xC0 | (c >> 6)));
        lineByte((byte) (0x80 | (c & 0x3F)));
      } else if (Character.isSurrogate(c)) {
        if (Character.isHighSurrogate(c)
            && index < end
            && Character.isLowSurrogate(text.charAt(index))) {
          int point = Character.toCodePoint(c, text.charAt(index++));
          lineByte((byte) (0xF0 | (point >> 18)));
          lineByte((byte) (0x80 | ((point >> 12) & 0x3F)));
          lineByte((byte) (0x80 | ((point >> 6) & 0x3F)));
          lineByte((byte) (0x80 | (point & 0x3F)));
        } else {
          lineByte((byte) '?');
        }
      } else {
        lineByte((byte) (0xE0 | (c >> 12)));
        lineByte((byte) (0x80 | ((c >> 6) & 0x3F)));
        lineByte((byte) (0x80 | (c & 0x3F)));
      }
    }
  }

  /** Appends bytes in which a line end starts a new line. */
  void lines(byte[] bytes, int offset, int length) {
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
  void append(byte[] bytes, int offset, int length) {
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
      int cut = Utf8.boundary(scratch, 0, size);
      deliver(current(), false, false, cut, 0, 0);
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
      deliver(current(), true, false, size, 0, 0);
      firstOfLine = true;
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

  private void deliver(LogLine line, boolean last, boolean cut, int length, long bytes, int lines) {
    piece.setContent(scratch, 0, length);
    piece.setPosition(line.number(), line.timeMillis());
    piece.setPart(firstOfLine, last, cut);
    piece.setTally(bytes, lines);
    firstOfLine = false;
    next.accept(piece);
  }
}
