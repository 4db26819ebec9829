package dev.logweir;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs processors on lines and fragments as a drain does, on one stream, and keeps what comes out.
 *
 * <p>Fails when a target is told of a line's beginning before the end of the line before.
 */
final class ProcessorChain {
  /** A piece as the sinks get it. */
  record Piece(
      long number,
      boolean first,
      boolean last,
      boolean cut,
      String latin1,
      long sourceBytes,
      int sourceLines) {
    byte[] bytes() {
      return latin1.getBytes(ISO_8859_1);
    }

    String text() {
      return new String(bytes(), UTF_8);
    }

    @Override
    public String toString() {
      return (first ? "[" : "(") + text() + (cut ? "!" : last ? "]" : ")");
    }
  }

  static final long TIME_MILLIS = 1_795_474_621_999L;

  final List<Piece> pieces = new ArrayList<>();
  final List<Throwable> failures = new ArrayList<>();
  final List<Throwable> warnings = new ArrayList<>();
  long takenBytes;
  int takenLines;
  long filteredBytes;
  int filteredLines;
  long failedBytes;
  int failedLines;
  long timeMillis = TIME_MILLIS;

  private final List<ProcessorStage> stages = new ArrayList<>();
  private final LogLine line;
  private final int limit;
  private final LineTarget head;
  private long number;
  private boolean lineOpen;

  ProcessorChain(LogSource source, int limit, LogProcessor... processors) {
    this.limit = limit;
    line = new LogLine(source);
    LineTarget next = new Last();
    for (int i = processors.length - 1; i >= 0; i--) {
      ProcessorStage stage =
          new ProcessorStage(source, processors[i].forStream(source), next, limit);
      stages.add(0, stage);
      next = stage;
    }
    head = next;
  }

  static ProcessorChain of(LogProcessor... processors) {
    return new ProcessorChain(LogSource.STDOUT, 4096, processors);
  }

  ProcessorChain line(String text) {
    return fragments(false, text);
  }

  ProcessorChain fragments(boolean cut, String... parts) {
    byte[][] bytes = new byte[parts.length][];
    for (int i = 0; i < parts.length; i++) {
      bytes[i] = parts[i].getBytes(UTF_8);
    }
    return fragments(cut, bytes);
  }

  /** Runs a line in fragments; the rest of a cut one is taken for lost. */
  ProcessorChain fragments(boolean cut, byte[]... parts) {
    number++;
    for (int i = 0; i < parts.length; i++) {
      boolean last = i == parts.length - 1;
      fragment(parts[i], i == 0, last, last && cut);
    }
    return this;
  }

  /** Runs a line in fragments, within which its stream ended. */
  ProcessorChain unended(byte[]... parts) {
    number++;
    for (int i = 0; i < parts.length; i++) {
      boolean last = i == parts.length - 1;
      fragment(parts[i], i == 0, last, false, last);
    }
    return this;
  }

  ProcessorChain unended(String part) {
    return unended(part.getBytes(UTF_8));
  }

  void fragment(byte[] bytes, boolean first, boolean last, boolean cut) {
    fragment(bytes, first, last, cut, false);
  }

  private void fragment(byte[] bytes, boolean first, boolean last, boolean cut, boolean unended) {
    lend();
    byte[] around = new byte[bytes.length + 7];
    System.arraycopy(bytes, 0, around, 3, bytes.length);
    int lines = last && !cut ? 1 : 0;
    long source = (long) bytes.length + (unended ? 0 : lines);
    takenBytes += source;
    takenLines += lines;
    line.setContent(around, 3, bytes.length);
    line.setPosition(number, timeMillis);
    line.setPart(first, last, cut);
    if (unended) {
      line.setUnended();
    }
    line.setTally(source, lines);
    head.accept(line);
    takeBack();
  }

  ProcessorChain gap() {
    stages.forEach(ProcessorStage::gap);
    return this;
  }

  ProcessorChain end() {
    lend();
    for (ProcessorStage stage : stages) {
      stage.end(++number, timeMillis);
    }
    takeBack();
    return this;
  }

  /** Returns the lines that came out, each joined from its pieces. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    for (Piece piece : pieces) {
      text.writeBytes(piece.bytes());
      if (piece.last) {
        lines.add(text.toString(UTF_8));
        text.reset();
      }
    }
    return lines;
  }

  List<String> texts() {
    return pieces.stream().map(Piece::text).toList();
  }

  long passedBytes() {
    return pieces.stream().mapToLong(Piece::sourceBytes).sum();
  }

  int passedLines() {
    return pieces.stream().mapToInt(Piece::sourceLines).sum();
  }

  private void lend() {
    stages.forEach(stage -> stage.lend(new byte[limit]));
  }

  private void takeBack() {
    stages.forEach(stage -> stage.lend(Segment.NO_BYTES));
  }

  private final class Last implements LineTarget {
    @Override
    public void accept(LogLine line) {
      if (line.isFirst() == lineOpen) {
        throw new AssertionError("a line began before the end of another, or went on after it");
      }
      lineOpen = !line.isLast();
      pieces.add(
          new Piece(
              line.number(),
              line.isFirst(),
              line.isLast(),
              line.isCut(),
              new String(line.toBytes(), ISO_8859_1),
              line.sourceBytes,
              line.sourceLines));
    }

    @Override
    public void filtered(long sourceBytes, int sourceLines) {
      filteredBytes += sourceBytes;
      filteredLines += sourceLines;
    }

    @Override
    public void failed(Throwable cause, long sourceBytes, int sourceLines) {
      failures.add(cause);
      failedBytes += sourceBytes;
      failedLines += sourceLines;
    }

    @Override
    public void warn(Throwable cause) {
      warnings.add(cause);
    }
  }
}
