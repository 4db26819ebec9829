package dev.logweir;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One processor of one stream: runs it on a line and passes on what it made of it. */
final class ProcessorStage implements LineTarget, LogProcessor.Output {
  private final LogProcessor processor;
  private final LineTarget next;
  private final LinePieces pieces;
  private final LogLine endLine;

  /** What the processor threw on a fragment of the line, whose rest is lost too; else null. */
  private @Nullable Throwable failure;

  private boolean ending;

  /**
   * Whether a call of the processor is under way. Another thread reads it without a lock, of a call
   * that has hung for a while.
   */
  private boolean inside;

  /**
   * @param pieceLimit the most bytes of a piece that goes to {@code next}
   */
  ProcessorStage(LogSource source, LogProcessor processor, LineTarget next, int pieceLimit) {
    this.processor = processor;
    this.next = next;
    this.pieces = new LinePieces(next, new LogLine(source), pieceLimit);
    this.endLine = new LogLine(source);
  }

  /** Whether nothing of a line before is left to be passed on. */
  boolean isBetweenLines() {
    return pieces.isBetweenLines();
  }

  /** Lends the room for replacements, or takes it back by lending no bytes. */
  void lend(byte[] room) {
    pieces.lend(room);
  }

  @Override
  public void accept(LogLine line) {
    boolean ends = line.isLast() || line.isCut();
    if (line.isFirst()) {
      failure = null;
      pieces.close(line);
    }
    Throwable before = failure;
    if (before != null) {
      failure = ends ? null : before;
      next.failed(before, line.sourceBytes, line.sourceLines);
      return;
    }
    line.replaceThrough(pieces);
    assert LockOrder.CHECK.isFree();
    inside = true;
    try {
      processor.process(line);
    } catch (Throwable e) {
      pieces.abort();
      pieces.close(line);
      failure = ends ? null : e;
      next.failed(
          e,
          line.sourceBytes + pieces.takeCarriedBytes(),
          line.sourceLines + pieces.takeCarriedLines());
      return;
    } finally {
      inside = false;
      line.replaceThrough(null);
    }
    if (line.isReplaced()) {
      pieces.end(line);
    } else if (line.isRemoved()) {
      next.filtered(
          line.sourceBytes + pieces.takeCarriedBytes(),
          line.sourceLines + pieces.takeCarriedLines());
      if (ends) {
        pieces.close(line);
      }
    } else {
      pieces.pass(line);
    }
  }

  /** Tells the processor of a gap. */
  void gap() {
    assert LockOrder.CHECK.isFree();
    inside = true;
    try {
      processor.gap();
    } catch (Throwable e) {
      next.warn(e);
    } finally {
      inside = false;
    }
  }

  /** Tells the processor that the stream has ended. */
  void end(long number, long timeMillis) {
    endLine.setPosition(number, timeMillis);
    endLine.setPart(true, true, false);
    pieces.close(endLine);
    ending = true;
    assert LockOrder.CHECK.isFree();
    inside = true;
    try {
      processor.end(this);
    } catch (Throwable e) {
      next.warn(e);
    } finally {
      inside = false;
      ending = false;
    }
  }

  boolean isInside() {
    return inside;
  }

  @Override
  public void emit(String text) {
    Objects.requireNonNull(text, "text");
    if (!ending) {
      throw new IllegalStateException("the end is over");
    }
    endLine.replaceThrough(pieces);
    endLine.setContent(Segment.NO_BYTES, 0, 0);
    endLine.setTally(0, 0);
    endLine.replace(text);
    pieces.end(endLine);
  }

  @Override
  public void filtered(long sourceBytes, int sourceLines) {
    next.filtered(sourceBytes, sourceLines);
  }

  @Override
  public void failed(Throwable cause, long sourceBytes, int sourceLines) {
    next.failed(cause, sourceBytes, sourceLines);
  }

  @Override
  public void warn(Throwable cause) {
    next.warn(cause);
  }
}
