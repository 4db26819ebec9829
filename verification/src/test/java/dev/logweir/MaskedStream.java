package dev.logweir;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/** What a masker makes of one stream's lines, in whatever parts they come. */
final class MaskedStream implements LineTarget {
  private static final int LIMIT = 4096;

  private final LogProcessor processor;
  private final LogLine line = new LogLine(LogSource.STDOUT);
  private final LinePieces pieces = new LinePieces(this, new LogLine(LogSource.STDOUT), LIMIT);
  private final StringBuilder text = new StringBuilder();
  private boolean ended = true;

  MaskedStream(SecretMasker masker) {
    processor = masker.forStream(LogSource.STDOUT);
    pieces.lend(new byte[LIMIT]);
  }

  /** Takes a part of a line; the last one may be all that there is left of it. */
  void part(byte[] bytes, boolean first, boolean last, boolean cut) {
    if (first != ended) {
      throw new AssertionError("a line goes on after its end, or not to its end");
    }
    line.setContent(bytes, 0, bytes.length);
    line.setPart(first, last, cut);
    line.setTally(bytes.length + (last ? 1L : 0L), last ? 1 : 0);
    ended = last || cut;
    line.replaceThrough(pieces);
    try {
      processor.process(line);
    } catch (Exception e) {
      throw new AssertionError(e);
    } finally {
      line.replaceThrough(null);
    }
    if (line.isReplaced()) {
      pieces.end(line);
    } else {
      pieces.pass(line);
    }
  }

  /** Returns the line that came last, masked; its characters stand for bytes. */
  String takeLine() {
    String masked = text.toString();
    text.setLength(0);
    return masked;
  }

  @Override
  public void accept(LogLine piece) {
    text.append(new String(piece.toBytes(), ISO_8859_1));
  }

  @Override
  public void filtered(long sourceBytes, int sourceLines) {
    throw new AssertionError("a masker removes no line");
  }

  @Override
  public void failed(Throwable cause, long sourceBytes, int sourceLines) {
    throw new AssertionError(cause);
  }

  @Override
  public void warn(Throwable cause) {
    throw new AssertionError(cause);
  }
}
