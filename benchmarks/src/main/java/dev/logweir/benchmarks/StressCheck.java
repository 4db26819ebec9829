package dev.logweir.benchmarks;

import java.util.function.IntPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Holds what one sink's server got against what the job can have written: every line whole and
 * unchanged but for its mask, in order, once; what is missing only behind a marker.
 *
 * <p>Used by one thread at a time.
 */
final class StressCheck {
  static final String GROWN = "+grown";
  private static final String MASK = "**********";
  private static final Pattern PREFIX =
      Pattern.compile("^\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z \\[\\d+] ");
  private static final Pattern CELL = Pattern.compile("<([oe])([0-9a-f]{7})\\.([0-9a-f]{5})>");
  private static final Pattern MARKER =
      Pattern.compile("^\\[logweir [0-9a-f]{8}] .*dropped here: .*");
  private static final Pattern MARK = Pattern.compile(" \\[logweir [0-9a-f]{8}: (continued|cut)]$");

  private final String secret;
  private final boolean prefixed;
  private final IntPredicate mayMiss;
  private final boolean endsWithin;
  private final Stream out = new Stream('o');
  private final Stream err = new Stream('e');

  private long wholeLines;
  private long pieces;
  private long markers;
  private @Nullable String fault;

  /** What came of one stream. */
  private static final class Stream {
    private final char name;
    private final StringBuilder open = new StringBuilder();
    private int next;
    private boolean isOpen;
    private boolean gapInOpen;
    private boolean gapSince;

    /** A line has come that the end of the job cut: it must be the last one. */
    private boolean ended;

    Stream(char name) {
      this.name = name;
    }
  }

  /**
   * @param secret what no line may contain; empty if nothing is masked
   * @param prefixed whether each line and fragment has a prefix
   * @param mayMiss whether a processor removes the line of a number
   * @param endsWithin whether the job may end while it writes, and so within a line
   */
  StressCheck(String secret, boolean prefixed, IntPredicate mayMiss, boolean endsWithin) {
    this.secret = secret;
    this.prefixed = prefixed;
    this.mayMiss = mayMiss;
    this.endsWithin = endsWithin;
  }

  long wholeLines() {
    return wholeLines;
  }

  long markers() {
    return markers;
  }

  long pieces() {
    return pieces;
  }

  /** Returns the first thing that was wrong; null if nothing was. */
  @Nullable String fault() {
    return fault;
  }

  /** Takes a line that has arrived. */
  void line(String line) {
    if (fault != null) {
      return;
    }
    pieces++;
    if (!secret.isEmpty() && line.contains(secret)) {
      wrong("a secret arrived", line);
      return;
    }
    if (MARKER.matcher(line).matches()) {
      markers++;
      gap(out);
      gap(err);
      return;
    }
    String text = line;
    if (prefixed) {
      Matcher prefix = PREFIX.matcher(text);
      if (!prefix.find()) {
        wrong("no prefix", line);
        return;
      }
      text = text.substring(prefix.end());
    }
    Matcher mark = MARK.matcher(text);
    if (mark.find()) {
      piece(text.substring(0, mark.start()), mark.group(1).equals("cut"), true, line);
    } else if (text.equals(GROWN)) {
      wholeLines++;
    } else if (text.equals(StressLines.TINY)) {
      wholeLines++;
    } else {
      wholeLines++;
      piece(text, false, false, line);
    }
  }

  /** A line was not delivered; the marker that says so comes with the next batch. */
  void lostInSending() {
    gap(out);
    gap(err);
  }

  private static void gap(Stream stream) {
    stream.gapSince = true;
    if (stream.isOpen) {
      stream.gapInOpen = true;
      stream.open.setLength(0); // what comes after it need not fit to what came before
    }
  }

  private void piece(String text, boolean cut, boolean marked, String line) {
    boolean begins = false;
    Matcher cell = CELL.matcher(text);
    boolean hasCell = cell.find();
    Stream stream;
    if (hasCell) {
      stream = cell.group(1).equals("o") ? out : err;
      begins = cell.start() == 0 && cell.group(3).equals("00000");
    } else if (!marked && endsWithin && isBeginning(text)) {
      endWithin(text.startsWith("<e") ? err : out, line);
      return;
    } else if (out.isOpen && err.isOpen) {
      stream = ends(out, text) ? out : err;
    } else {
      stream = out.isOpen ? out : err;
    }
    int number = hasCell ? Integer.parseInt(cell.group(2), 16) : stream.next - 1;
    boolean lostBeginning = !stream.isOpen || number != stream.next - 1;
    if (begins) {
      begin(stream, number, line);
    } else if (lostBeginning && !stream.gapSince && cut && (text.isEmpty() || isBeginning(text))) {
      return; // cut before its first cell was whole; the marker that must follow is a gap
    } else if (lostBeginning && !stream.gapSince) {
      wrong("the rest of a line without its beginning, and no marker before it", line);
      return;
    } else if (lostBeginning) {
      if (!hasCell) {
        return; // too little to tell what it is of
      }
      if (number == stream.next - 1) {
        // More of a line that was cut: its cells go on after those before the gap.
        stream.isOpen = true;
        stream.gapSince = false;
      } else {
        begin(stream, number, line);
      }
      stream.gapInOpen = true;
    }
    stream.open.append(text);
    if (!cells(stream)) {
      wrong("cells that do not follow each other", line);
    } else if (cut) {
      stream.isOpen = false;
    } else if (!marked) {
      stream.isOpen = false;
      if (!stream.gapInOpen && !isWhole(stream.open)) {
        if (endsWithin) {
          endWithin(stream, line);
        } else {
          wrong("a line that nobody wrote", line);
        }
      }
    }
  }

  /** Whether it is the first few bytes of a line. */
  private static boolean isBeginning(String text) {
    return text.length() < StressLines.CELL && text.startsWith("<");
  }

  private void endWithin(Stream stream, String line) {
    if (stream.ended) {
      wrong("two lines that nobody wrote", line);
    }
    stream.ended = true;
  }

  private boolean ends(Stream stream, String text) {
    return isWhole(new StringBuilder(stream.open).append(text));
  }

  private void begin(Stream stream, int number, String line) {
    if (stream.isOpen && !stream.gapInOpen) {
      wrong("a line begins within another one of its stream", line);
    }
    if (stream.ended) {
      wrong("a line after one that only the end can have cut", line);
    }
    if (number < stream.next) {
      wrong("line " + number + " after line " + (stream.next - 1), line);
    }
    for (int missing = stream.next; missing < number && !stream.gapSince; missing++) {
      if (!mayMiss.test(missing)) {
        wrong("line " + missing + " is missing, and no marker says so", line);
        return;
      }
    }
    stream.next = number + 1;
    stream.open.setLength(0);
    stream.isOpen = true;
    stream.gapInOpen = false;
    stream.gapSince = false;
  }

  /** Whether the cells of the open line are of one line and in order, but for gaps. */
  private static boolean cells(Stream stream) {
    Matcher cell = CELL.matcher(stream.open);
    int expected = 0;
    while (cell.find()) {
      int number = Integer.parseInt(cell.group(2), 16);
      int index = Integer.parseInt(cell.group(3), 16);
      boolean follows = stream.gapInOpen ? index >= expected : index == expected;
      if (cell.group(1).charAt(0) != stream.name || number != stream.next - 1 || !follows) {
        return false;
      }
      expected = index + 1;
    }
    return true;
  }

  private boolean isWhole(StringBuilder open) {
    int end = open.length() - StressLines.CHECKSUM;
    if (end < StressLines.CELL) {
      return false;
    }
    String written = open.substring(0, end);
    String masked = secret.isEmpty() ? written : written.replace(MASK, secret);
    return open.substring(end).equals(StressLines.checksum(masked));
  }

  /**
   * Ends the check: a log that is said to be complete must be.
   *
   * @param complete what the report says
   * @param outLines how many lines were written to standard output
   * @param errLines and to standard error
   */
  void end(boolean complete, int outLines, int errLines) {
    if (fault != null || !complete) {
      return;
    }
    if (markers > 0) {
      wrong("the report says complete, and there are markers: " + markers, "");
    }
    rest(out, outLines);
    rest(err, errLines);
  }

  private void rest(Stream stream, int lines) {
    for (int missing = stream.next; missing < lines; missing++) {
      if (!mayMiss.test(missing)) {
        wrong("the report says complete, but line " + stream.name + missing + " is missing", "");
        return;
      }
    }
  }

  private void wrong(String what, String line) {
    if (fault == null) {
      fault = what + (line.isEmpty() ? "" : ": " + line.substring(0, Math.min(line.length(), 160)));
    }
  }
}
