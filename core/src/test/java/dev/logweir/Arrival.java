package dev.logweir;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Explains what arrived by what was written: each line at its place, in order, with nothing missing
 * but what a marker says.
 */
final class Arrival {
  private final JobStream[] written;
  private final byte[][] streams;
  private final boolean[] closed;
  private final int maxLine;
  private final boolean exact;
  private final int longestWhole;

  /** Only then may an empty piece be of that stream, whose lines are not empty. */
  private final boolean hasLongErrLine;

  /**
   * @param longestWhole the longest line that is surely not in fragments
   * @param exact whether each marker stands exactly where something is missing: with one stream
   */
  Arrival(JobStream out, JobStream err, int maxLine, int longestWhole, boolean exact) {
    written = new JobStream[] {out, err};
    streams = new byte[][] {out.bytes(), err.bytes()};
    closed = new boolean[] {out.closed, err.closed};
    this.maxLine = maxLine;
    this.exact = exact;
    this.longestWhole = longestWhole;
    hasLongErrLine = hasLongerLine(err.bytes(), longestWhole);
  }

  private static boolean hasLongerLine(byte[] bytes, int length) {
    int from = 0;
    while (from < bytes.length) {
      int end = Newlines.first(bytes, from, bytes.length);
      if (end - from > length) {
        return true;
      }
      from = end + 1;
    }
    return false;
  }

  /** How far an explanation has come in the two streams. */
  record State(
      int out,
      int err,
      boolean outOpen,
      boolean errOpen,
      long missingBytes,
      long missingLines,
      long shippedLines,
      long shippedBytes,
      long marked) {
    int at(int stream) {
      return stream == 0 ? out : err;
    }

    boolean isOpen(int stream) {
      return stream == 0 ? outOpen : errOpen;
    }
  }

  /** Returns where the explanations end, as an empty line may be of either stream. */
  List<State> explain(List<Piece> pieces) {
    Set<State> states = new LinkedHashSet<>();
    states.add(new State(0, 0, false, false, 0, 0, 0, 0, 0));
    for (int i = 0; i < pieces.size(); i++) {
      Piece piece = pieces.get(i);
      Set<State> next = new LinkedHashSet<>();
      for (State state : states) {
        if (piece.kind() == Piece.Kind.GAP) {
          next.add(marked(state, piece));
        } else if (piece.text().length > 0) {
          follow(next, state, piece, Text.sourceOf(piece.text()[0]).ordinal());
        } else {
          follow(next, state, piece, 0);
          if (state.errOpen || hasLongErrLine) {
            follow(next, state, piece, 1);
          }
        }
      }
      if (next.isEmpty()) {
        throw new AssertionError(
            "not what the job wrote, or not in its place: line "
                + i
                + " "
                + piece
                + " in "
                + states
                + " after "
                + pieces.subList(Math.max(0, i - 3), i));
      }
      states = next;
    }
    return new ArrayList<>(states);
  }

  private static State marked(State s, Piece gap) {
    return new State(
        s.out,
        s.err,
        s.outOpen,
        s.errOpen,
        s.missingBytes + gap.bytes(),
        s.missingLines + gap.lines(),
        s.shippedLines,
        s.shippedBytes,
        s.marked + gap.bytes());
  }

  private void follow(Set<State> next, State s, Piece piece, int stream) {
    int at = s.at(stream);
    byte[] bytes = streams[stream];
    int length = piece.text().length;
    long farthest = at + s.missingBytes;
    for (long x = exact ? farthest : at; x <= farthest && x + length <= bytes.length; x++) {
      if (matches(s, piece, stream, (int) x)) {
        next.add(advanced(s, piece, stream, (int) x));
        return;
      }
    }
  }

  private boolean matches(State s, Piece piece, int stream, int x) {
    byte[] bytes = streams[stream];
    byte[] text = piece.text();
    for (int i = 0; i < text.length; i++) {
      if (bytes[x + i] != text[i]) {
        return false;
      }
    }
    boolean goesOn = x == s.at(stream) && s.isOpen(stream);
    if (!goesOn && x > 0 && bytes[x - 1] != '\n' && !isInLongLine(bytes, x)) {
      return false;
    }
    if (!goesOn && x == s.at(stream) && x > 0 && bytes[x - 1] != '\n') {
      return false;
    }
    int end = x + text.length;
    return switch (piece.kind()) {
      case END -> {
        boolean trailing = end == bytes.length && closed[stream] && (goesOn || text.length > 0);
        yield trailing || (end < bytes.length && bytes[end] == '\n');
      }
      case CONTINUED -> text.length > 0 && text.length <= maxLine;
      default -> text.length <= maxLine && (goesOn || text.length > 0) && mayBeCut(stream, x, end);
    };
  }

  /** A line that began within a write has a line end before it, at which to cut. */
  private boolean mayBeCut(int stream, int x, int end) {
    int begin = Newlines.last(streams[stream], 0, x) + 1;
    return written[stream].beganWithin(begin, end);
  }

  /** Fragments before the one at this place may have been lost. */
  private boolean isInLongLine(byte[] bytes, int x) {
    int begin = Newlines.last(bytes, 0, x) + 1;
    int end = Newlines.first(bytes, x, bytes.length);
    return x - begin >= longestWhole / 2 && end - begin > longestWhole;
  }

  private State advanced(State s, Piece piece, int stream, int x) {
    byte[] bytes = streams[stream];
    int skipped = x - s.at(stream);
    int skippedLines = Newlines.count(bytes, s.at(stream), x);
    if (exact && skippedLines != s.missingLines) {
      throw new AssertionError(
          "the marker says " + s.missingLines + " lines, missing are " + skippedLines);
    }
    int end = x + piece.text().length;
    boolean ends = piece.kind() == Piece.Kind.END;
    int after = ends && end < bytes.length ? end + 1 : end;
    boolean open = piece.kind() == Piece.Kind.CONTINUED;
    return new State(
        stream == 0 ? after : s.out,
        stream == 1 ? after : s.err,
        stream == 0 ? open : s.outOpen,
        stream == 1 ? open : s.errOpen,
        s.missingBytes - skipped,
        s.missingLines - skippedLines,
        s.shippedLines + (ends ? 1 : 0),
        s.shippedBytes + after - x,
        s.marked);
  }
}
