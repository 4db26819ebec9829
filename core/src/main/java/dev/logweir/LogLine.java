package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A view of one line, or of one fragment of a long line, on its way through the processors.
 *
 * <p>Valid during the call it was given to, on the thread of that call. The bytes are what the job
 * wrote, as changed by the processors before, without the line end; they need not be valid UTF-8. A
 * line ends with {@code \n} alone: a {@code \r} in front of it is one of its bytes. Not
 * thread-safe.
 */
public final class LogLine {
  private final LogSource source;
  private @Nullable Replacement substitute;

  private byte[] bytes = Segment.NO_BYTES;
  private int offset;
  private int length;
  private long number;
  private boolean first;
  private boolean last;
  private boolean cut;
  private boolean unended;
  private long timeMillis;

  /** What the job wrote for this view: moves on with the last piece made of it. */
  long sourceBytes;

  int sourceLines;

  private @Nullable String text;
  private boolean removed;
  private boolean replaced;
  private int heldBack;

  LogLine(LogSource source) {
    this.source = source;
  }

  /** Returns the stream that the line was written to. */
  public LogSource source() {
    return source;
  }

  /**
   * Returns the number of the line in the job's log, from 1, both streams counted as they were
   * drained, which is the order in which they ended, dropped lines included. All fragments of a
   * line have the same.
   */
  public long number() {
    return number;
  }

  /**
   * Returns when the write came that ended the line, as {@link LineReader#arrivalTime} does; for a
   * fragment of a line that has not ended, when it was drained.
   */
  public Instant time() {
    return Instant.ofEpochMilli(timeMillis);
  }

  long timeMillis() {
    return timeMillis;
  }

  /** Returns whether this is the beginning of its line. */
  public boolean isFirst() {
    return first;
  }

  /** Returns whether no more of its line comes. */
  public boolean isLast() {
    return last;
  }

  /** Returns whether the rest of its line was dropped after what this view shows. */
  public boolean isCut() {
    return cut;
  }

  /** Returns whether this is a line in one piece. */
  public boolean isWhole() {
    return first && last && !cut;
  }

  /** Returns the number of bytes, 0 or more. */
  public int length() {
    return length;
  }

  /**
   * Returns a byte of the line.
   *
   * @throws IndexOutOfBoundsException if {@code index} is negative or not below {@link #length()}
   */
  public byte byteAt(int index) {
    return bytes[offset + Objects.checkIndex(index, length)];
  }

  /**
   * Copies the bytes, {@link #length()} of them, into an array.
   *
   * @param offset where the first one goes
   * @throws NullPointerException if {@code target} is null
   * @throws IndexOutOfBoundsException if {@code offset} is negative or the bytes have no room there
   */
  public void copyTo(byte[] target, int offset) {
    Objects.checkFromIndexSize(offset, length, target.length);
    System.arraycopy(bytes, this.offset, target, offset, length);
  }

  /** Returns a copy of the bytes. */
  public byte[] toBytes() {
    return Arrays.copyOfRange(bytes, offset, offset + length);
  }

  /**
   * Returns the bytes as UTF-8 text, with U+FFFD for what is not valid. Decoded at the first call.
   */
  public String text() {
    String decoded = text;
    if (decoded == null) {
      decoded = new String(bytes, offset, length, UTF_8);
      text = decoded;
    }
    return decoded;
  }

  /**
   * Replaces the content. A text with line breaks ({@code \n} or {@code \r\n}) becomes several
   * lines; one that is too long for a line goes on in fragments.
   *
   * @throws NullPointerException if {@code replacement} is null
   * @throws IllegalStateException if the line was changed already in this call, or can't be changed
   */
  public void replace(String replacement) {
    Objects.requireNonNull(replacement, "replacement");
    beginReplacement().text(replacement);
  }

  /**
   * Replaces the content by bytes, with the same effect of line ends as {@link #replace(String)}.
   *
   * @throws NullPointerException if {@code replacement} is null
   * @throws IndexOutOfBoundsException if the range is not within the array
   * @throws IllegalStateException if the line was changed already in this call, or can't be changed
   */
  public void replace(byte[] replacement, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, replacement.length);
    beginReplacement().lines(replacement, offset, length);
  }

  /**
   * Removes the line from the log; it counts as filtered.
   *
   * @throws IllegalStateException if the line was changed already in this call, or can't be changed
   */
  public void remove() {
    requireUnchanged();
    removed = true;
  }

  /** Returns a text of the kind and the size; never the content. */
  @Override
  public String toString() {
    return "LogLine[" + source + " " + number + ", " + length + " bytes]";
  }

  /** Takes what stands in the place of a line. */
  interface Replacement extends ByteTarget {
    void begin(LogLine line);

    /** Takes text, of which each line end begins a line. */
    void text(String text);

    /** Takes bytes, of which each line end begins a line. */
    void lines(byte[] bytes, int offset, int length);
  }

  /** Names what takes a replacement of the content; null where the line can't be changed. */
  void replaceThrough(@Nullable Replacement target) {
    substitute = target;
  }

  byte[] array() {
    return bytes;
  }

  int offset() {
    return offset;
  }

  /** Starts to replace the content; the caller writes the new one to it, before it returns. */
  Replacement beginReplacement() {
    Replacement target = requireUnchanged();
    replaced = true;
    target.begin(this);
    return target;
  }

  /**
   * Keeps the last bytes out of the account of what is passed on, until the line's next fragment.
   */
  void holdBack(int bytes) {
    heldBack = bytes;
  }

  int heldBack() {
    return heldBack;
  }

  boolean isRemoved() {
    return removed;
  }

  boolean isReplaced() {
    return replaced;
  }

  void setContent(byte[] bytes, int offset, int length) {
    this.bytes = bytes;
    this.offset = offset;
    this.length = length;
    text = null;
    removed = false;
    replaced = false;
    heldBack = 0;
  }

  void setPosition(long number, long timeMillis) {
    this.number = number;
    this.timeMillis = timeMillis;
  }

  void setPart(boolean first, boolean last, boolean cut) {
    this.first = first;
    this.last = last;
    this.cut = cut;
    unended = false;
  }

  /** Says that the stream ended before the line did: the rest of the line is not known. */
  void setUnended() {
    unended = true;
  }

  boolean isUnended() {
    return unended;
  }

  void setTally(long sourceBytes, int sourceLines) {
    this.sourceBytes = sourceBytes;
    this.sourceLines = sourceLines;
  }

  private Replacement requireUnchanged() {
    if (substitute == null) {
      throw new IllegalStateException("this line can't be changed here");
    }
    if (removed || replaced) {
      throw new IllegalStateException("the line was changed already");
    }
    return substitute;
  }
}
