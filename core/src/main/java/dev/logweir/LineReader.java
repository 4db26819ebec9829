package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads the lines of a {@link LogBatch} as bytes, one after another, without decoding them.
 *
 * <p>Not thread-safe; several readers may read one batch side by side. Valid as long as its batch.
 */
public final class LineReader {
  /** In a mark of a run: lines of no stream. */
  static final int NO_SOURCE = 2;

  private static final List<Optional<LogSource>> SOURCES =
      List.of(Optional.of(LogSource.STDOUT), Optional.of(LogSource.STDERR), Optional.empty());

  private final BatchLines lines;
  private @Nullable Segment segment;
  private int position;
  private int length;
  private int unread;
  private boolean inLine;
  private byte @Nullable [] marker;
  private boolean atMarker;
  private long count;

  /** Whether the current line stands for nothing of the job, and is no marker. */
  private boolean added;

  /** Where the count of the current line is, if that is a marker; else null. */
  private @Nullable Segment gapIn;

  private int gapAt;

  /** Where the current line begins; null if it is the marker at the head. */
  private @Nullable Segment lineIn;

  private int lineAt;

  /** The mark found last, in the segment in which it was found, and the time that it tells. */
  private @Nullable Segment markIn;

  private int mark;
  private Optional<Instant> arrival = Optional.empty();

  LineReader(BatchLines lines) {
    this.lines = lines;
    segment = lines.head();
  }

  LineReader fromMarker(byte @Nullable [] headMarker) {
    marker = headMarker;
    return this;
  }

  /**
   * Goes to the next line, whether the current one was read or not.
   *
   * @return false if there is none
   * @throws IllegalStateException if the batch is no longer valid
   */
  public boolean next() {
    lines.requireValid();
    byte[] head = marker;
    if (head != null && !atMarker) {
      atMarker = true;
      length = head.length;
      unread = length;
      return true;
    }
    marker = null;
    boolean found = nextInSegments();
    lines.requireStillValid();
    return found;
  }

  /** Returns the length of the current line in bytes, without its line end. */
  public int length() {
    return length;
  }

  /**
   * Returns the stream that the job wrote the current line to; of a marker of the library's own,
   * the stream whose lines are missing. Empty if there is no current line, and of lines that came
   * from no stream: those submitted to a {@link BatchShipper}, those of {@link LogBatch#of}, and
   * the marker of whole batches at the head of a batch.
   *
   * @throws IllegalStateException if the batch is no longer valid
   */
  public Optional<LogSource> source() {
    lines.requireValid();
    int source = findMark() ? RunMarks.turn(Objects.requireNonNull(markIn), mark) : NO_SOURCE;
    lines.requireStillValid();
    return SOURCES.get(source);
  }

  /**
   * Returns when the write came that ended the current line; of a fragment that was sent before
   * that, when it was drained; of a marker of the library's own, when that was made. The clock is
   * not read for each write, so the time is up to 10 ms early; where lines wait or a send is under
   * way, up to 20 ms. If writes come quickly there and then stop, up to 15 later writes may get the
   * time of the last quick one; see docs/feeding.md. Where too many changes of the stream wait to
   * be marked, a line may get the time of an earlier line of its stream. A last line without a line
   * end, and one that was cut, have the time when they were drained. Empty if there is no current
   * line, of the lines of {@link LogBatch#of}, and of the marker of whole batches at the head of a
   * batch.
   *
   * @throws IllegalStateException if the batch is no longer valid
   */
  public Optional<Instant> arrivalTime() {
    lines.requireValid();
    boolean found = findMark();
    long millis = found ? RunMarks.millis(Objects.requireNonNull(markIn), mark) : 0;
    lines.requireStillValid();
    if (!found) {
      return Optional.empty();
    }
    if (arrival.isEmpty() || arrival.get().toEpochMilli() != millis) {
      arrival = Optional.of(Instant.ofEpochMilli(millis));
    }
    return arrival;
  }

  /** Finds the mark of the run to which the current line belongs; false if there is none. */
  private boolean findMark() {
    Segment at = lineIn;
    if (at == null || !inLine) {
      return false;
    }
    int from = at == markIn && RunMarks.position(at, mark) <= lineAt ? mark : 0;
    int found = RunMarks.at(at, from, at.marks, lineAt);
    if (found < 0) {
      return false;
    }
    markIn = at;
    mark = found;
    return true;
  }

  /**
   * Copies the next bytes of the current line.
   *
   * @return how many were copied, at most {@code maxBytes}; -1 if the line has no more
   * @throws IndexOutOfBoundsException if the range is not within {@code target}
   * @throws IllegalStateException if the batch is no longer valid
   */
  public int read(byte[] target, int offset, int maxBytes) {
    Objects.checkFromIndexSize(offset, maxBytes, target.length);
    lines.requireValid();
    if (unread == 0) {
      return -1;
    }
    int bytes = Math.min(unread, maxBytes);
    byte[] head = marker;
    if (head != null) {
      System.arraycopy(head, length - unread, target, offset, bytes);
      unread -= bytes;
    } else {
      copy(target, offset, bytes);
    }
    if (lines.hasEndedMeanwhile()) {
      Arrays.fill(target, offset, offset + bytes, (byte) 0);
      lines.requireValid();
    }
    return bytes;
  }

  /**
   * Copies the lines behind the current one, each with its line end, as many as fit: the fastest
   * way for a sender whose server takes text as it is. The reader then stands behind them, in no
   * line.
   *
   * @return how many bytes were copied; 0 if there is no further line or the next one does not fit
   * @throws IndexOutOfBoundsException if the range is not within {@code target}
   * @throws IllegalStateException if the batch is no longer valid
   */
  public int readLines(byte[] target, int offset, int maxBytes) {
    Objects.checkFromIndexSize(offset, maxBytes, target.length);
    lines.requireValid();
    int copied = markerLine(target, offset, maxBytes);
    if (inLine) {
      skipRest();
    }
    if (marker == null) {
      int more = -1;
      while (more != 0) {
        more = run(target, offset + copied, maxBytes - copied);
        more = more == 0 ? talliedLine(target, offset + copied, maxBytes - copied) : more;
        copied += more;
      }
    }
    length = 0;
    unread = 0;
    if (lines.hasEndedMeanwhile()) {
      Arrays.fill(target, offset, offset + copied, (byte) 0);
      lines.requireValid();
    }
    return copied;
  }

  private int markerLine(byte[] target, int offset, int maxBytes) {
    byte[] head = marker;
    int bytes = 0;
    if (head != null && !atMarker) {
      if (head.length >= maxBytes) {
        return 0;
      }
      System.arraycopy(head, 0, target, offset, head.length);
      target[offset + head.length] = '\n';
      bytes = head.length + 1;
    }
    marker = null;
    return bytes;
  }

  /** Copies whole lines that lie as the job wrote them. */
  private int run(byte[] target, int offset, int maxBytes) {
    Segment at = skipEmpty();
    int from = position;
    int copied = 0;
    while (at != null && !at.tallied && copied < maxBytes) {
      int part = Math.min(maxBytes - copied, at.end - from);
      System.arraycopy(at.bytes, from, target, offset + copied, part);
      copied += part;
      at = at.next;
      from = 0;
    }
    int kept = Newlines.last(target, offset, offset + copied) + 1 - offset;
    skip(kept);
    return kept;
  }

  private int talliedLine(byte[] target, int offset, int maxBytes) {
    Segment at = segment;
    int from = position;
    if (!nextInSegments()) {
      return 0;
    }
    if (length >= maxBytes) {
      segment = at;
      position = from;
      inLine = false;
      return 0;
    }
    int bytes = length;
    copy(target, offset, bytes);
    target[offset + bytes] = '\n';
    skipRest();
    return bytes + 1;
  }

  private void skip(int bytes) {
    int left = bytes;
    Segment at = segment;
    while (at != null && left > at.end - position) {
      left -= at.end - position;
      at = at.next;
      segment = at;
      position = 0;
    }
    position += left;
  }

  /** Returns what is unread of the current line, decoded. */
  String text() {
    byte[] bytes = new byte[unread];
    read(bytes, 0, bytes.length);
    return new String(bytes, UTF_8);
  }

  /** Returns the bytes that the job wrote for the current line; 0 for a marker. */
  long sourceBytes() {
    return count >>> 1;
  }

  /** Returns the bytes of the current line, with its end, if a processor made it; else 0. */
  long addedBytes() {
    return added ? length + 1L : 0;
  }

  /** Adds what the current line reports, if it is a marker. */
  void addGapTo(GapTally gaps) {
    if (gapIn != null) {
      LineCounts.addGapTo(gaps, gapIn.bytes, gapAt);
    }
  }

  /** Returns 1 if the current line ends a line of the job, else 0. */
  int sourceLines() {
    return (int) (count & 1);
  }

  /** Gets what the job wrote for lines that were skipped. */
  interface Passed {
    void passed(long lines, long bytes, long added);
  }

  /**
   * Goes past so many lines, at most to the end, and counts what the job wrote for them. Where
   * lines lie as the job wrote them, line ends are counted by whole segments.
   */
  void skipLines(int number, Passed count) {
    int left = number;
    if (inLine) {
      skipRest();
    }
    while (left > 0) {
      Segment at = skipEmpty();
      if (at == null) {
        break;
      }
      int ends = at.tallied ? 0 : Newlines.count(at.bytes, position, at.end);
      if (ends > 0 && ends < left) { // what is behind the last one begins the next line
        count.passed(ends, at.end - position, 0);
        left -= ends;
        position = at.end;
      } else {
        nextInSegments();
        count.passed(sourceLines(), sourceBytes(), addedBytes());
        left--;
        skipRest();
      }
    }
  }

  /** Goes to just before a line, from a place before it; returns where it begins. */
  Position skipTo(Position place) {
    segment = place.segment();
    position = place.offset();
    inLine = false;
    // The first line end of a segment ends what may have begun before it.
    for (int line = place.linesBefore(); line < place.line(); line++) {
      nextInSegments();
    }
    if (inLine) {
      skipRest();
    }
    Segment at = segment == null ? place.segment() : segment;
    return new Position(at, position, place.line(), place.line());
  }

  private boolean nextInSegments() {
    if (inLine) {
      skipRest();
    }
    Segment at = skipEmpty();
    if (at == null) {
      length = 0;
      unread = 0;
      return false;
    }
    lineIn = at;
    lineAt = position;
    int bytes = 0;
    int from = position;
    while (at != null) {
      int end = at.end;
      int lineEnd = Newlines.first(at.bytes, from, end);
      bytes += lineEnd - from;
      if (lineEnd < end) {
        readCount(at, lineEnd + 1, bytes);
        break;
      }
      at = at.next;
      from = 0;
    }
    length = bytes;
    unread = bytes;
    inLine = true;
    return true;
  }

  private void readCount(Segment at, int index, int bytes) {
    long told = at.tallied ? LineCounts.get(at.bytes, index) : (bytes + 1L) << 1 | 1;
    added = told == 0;
    count = Math.max(0, told);
    gapIn = told == LineCounts.MARKER ? at : null;
    gapAt = index;
  }

  private void skipRest() {
    copy(null, 0, unread);
    Segment at = skipEmpty();
    if (at != null) {
      position++;
      if (at.tallied) {
        position += LineCounts.length(at.bytes, position);
      }
    }
    inLine = false;
  }

  private void copy(byte @Nullable [] target, int offset, int bytes) {
    int left = bytes;
    while (left > 0) {
      Segment at = skipEmpty();
      if (at == null) {
        break;
      }
      int part = Math.min(left, at.end - position);
      if (target != null && part > 0) {
        System.arraycopy(at.bytes, position, target, offset + bytes - left, part);
      }
      position += part;
      left -= part;
    }
    unread -= bytes;
  }

  private @Nullable Segment skipEmpty() {
    Segment at = segment;
    while (at != null && position >= at.end) {
      at = at.next;
      segment = at;
      position = 0;
    }
    return at;
  }

  /** Returns the number of line ends in a segment: no byte of a count is one. */
  static int countLines(Segment segment) {
    return Newlines.count(segment.bytes, 0, segment.end);
  }

  /**
   * A place in a segment, the number of line ends before it, and the line looked for from there.
   */
  record Position(Segment segment, int offset, int linesBefore, int line) {}
}
