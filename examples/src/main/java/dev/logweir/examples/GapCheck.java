package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Compares what arrived of a job's log with what the job wrote: {@code GapCheck [--may-end-early]
 * WRITTEN ARRIVED}.
 *
 * <p>What arrived must be what was written, byte for byte, without exactly the lines and bytes that
 * its gap markers own up to, at their places; fragments of a long line are joined again. Exit code
 * 0 if it is so, 1 with the place of the first difference, 2 for wrong arguments.
 */
public final class GapCheck {
  private static final String CONTINUED = " [logweir: continued]";
  private static final String CUT = " [logweir: cut]";
  private static final Pattern GAP =
      Pattern.compile(
          "\\[logweir] ([\\d,]+) lines? \\(([\\d,]+) bytes?\\) dropped here: [a-z_, ]+");

  private final InputStream written;
  private final InputStream arrived;
  private long arrivedLine;
  private long writtenBytes;
  private long gaps;
  private long missingBytes;

  private GapCheck(InputStream written, InputStream arrived) {
    this.written = written;
    this.arrived = arrived;
  }

  /** Compares two files and says the result on stdout. */
  public static void main(String[] args) throws IOException {
    boolean mayEndEarly = args.length > 0 && args[0].equals("--may-end-early");
    int first = mayEndEarly ? 1 : 0;
    if (args.length != first + 2) {
      System.err.println("usage: GapCheck [--may-end-early] WRITTEN ARRIVED");
      System.exit(2);
    }
    String difference;
    try {
      difference = difference(Path.of(args[first]), Path.of(args[first + 1]), mayEndEarly);
    } catch (IOException e) {
      System.err.println("gap check: " + e);
      System.exit(2);
      return;
    }
    if (difference != null) {
      System.out.println(args[first + 1] + ": " + difference);
      System.exit(1);
    }
  }

  /** What is wrong first with what arrived, or null. */
  static @Nullable String difference(Path written, Path arrived, boolean mayEndEarly)
      throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(written));
        InputStream out = new BufferedInputStream(Files.newInputStream(arrived))) {
      return new GapCheck(in, out).compare(mayEndEarly);
    }
  }

  private @Nullable String compare(boolean mayEndEarly) throws IOException {
    boolean cut = false;
    for (byte[] line = next(); line != null; line = next()) {
      String text = new String(line, ISO_8859_1);
      Matcher gap = GAP.matcher(text);
      if (gap.matches()) {
        String wrong = skip(number(gap.group(1)), number(gap.group(2)));
        if (wrong != null) {
          return at(wrong);
        }
        cut = false;
        continue;
      }
      if (cut) {
        return at("a cut line is not followed by its gap");
      }
      cut = text.endsWith(CUT);
      boolean fragment = text.endsWith(CONTINUED);
      int length = line.length - (cut ? CUT.length() : fragment ? CONTINUED.length() : 0);
      for (int i = 0; i < length; i++) {
        int wanted = written.read();
        writtenBytes++;
        if (wanted != (line[i] & 0xff)) {
          return at("byte " + (i + 1) + " of the line is another");
        }
      }
      if (!cut && !fragment) {
        int end = written.read();
        writtenBytes++;
        if (end != '\n' && end != -1 && !(mayEndEarly && isAtEnd(arrived))) {
          return at("the line ends early");
        }
      }
    }
    if (!mayEndEarly && written.read() != -1) {
      return at("more was written than arrived, with no gap marked");
    }
    return null;
  }

  private @Nullable String skip(long lines, long bytes) throws IOException {
    gaps++;
    missingBytes += bytes;
    long ends = 0;
    int last = '\n';
    for (long i = 0; i < bytes; i++) {
      last = written.read();
      writtenBytes++;
      if (last == -1) {
        return "the gap is larger than what was written";
      }
      if (last == '\n') {
        ends++;
      }
    }
    boolean endsLog = last != '\n' && isAtEnd(written);
    if (ends + (endsLog ? 1 : 0) != lines) {
      return "the gap has " + ends + " lines, not " + lines;
    }
    return null;
  }

  private static boolean isAtEnd(InputStream in) throws IOException {
    in.mark(1);
    boolean end = in.read() == -1;
    in.reset();
    return end;
  }

  private byte @Nullable [] next() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int b = arrived.read();
    if (b == -1) {
      return null;
    }
    arrivedLine++;
    for (; b != '\n' && b != -1; b = arrived.read()) {
      line.write(b);
    }
    return line.toByteArray();
  }

  private String at(String what) {
    return String.format(
        Locale.ROOT,
        "line %d arrived, byte %d written, after %d gaps of %d bytes: %s",
        arrivedLine,
        writtenBytes,
        gaps,
        missingBytes,
        what);
  }

  private static long number(String text) {
    return Long.parseLong(text.replace(",", ""));
  }
}
