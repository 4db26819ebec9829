package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Compares what arrived of a job's log with what the job wrote: {@code GapCheck [--may-end-early]
 * [--token TOKEN] WRITTEN ARRIVED}.
 *
 * <p>What arrived must be what was written, byte for byte, without exactly the lines and bytes that
 * its gap markers own up to, at their places; fragments of a long line are joined again.
 *
 * <p>A job can write what looks like a marker, but it does not know the token of its log. So a
 * marker is what has the token given, which the job's report tells; without one, what has a token
 * that the job wrote nowhere, and that must be the same in all markers.
 *
 * <p>Exit code 0 if all is so, 1 with the place of the first difference, 2 for wrong arguments.
 */
public final class GapCheck {
  private static final String BEGIN = "[logweir ";
  private static final int TOKEN_DIGITS = 8;
  private static final Pattern TOKEN = Pattern.compile("[0-9a-f]{" + TOKEN_DIGITS + "}");
  private static final Pattern MARK =
      Pattern.compile(" \\[logweir (" + TOKEN + "): (continued|cut)]$");
  private static final Pattern GAP =
      Pattern.compile(
          "\\[logweir ("
              + TOKEN
              + ")] ([\\d,]+) lines? \\(([\\d,]+) bytes?\\) dropped here: [a-z_, ]+");

  private final InputStream written;
  private final InputStream arrived;

  /** What the job wrote that looks like tokens. */
  private final Set<String> own;

  /** Null until it is known. */
  private @Nullable String token;

  private long arrivedLine;
  private long writtenBytes;
  private long gaps;
  private long missingBytes;

  private GapCheck(
      InputStream written, InputStream arrived, Set<String> own, @Nullable String token) {
    this.written = written;
    this.arrived = arrived;
    this.own = own;
    this.token = token;
  }

  /** Compares two files and says the result on stdout. */
  public static void main(String[] args) throws IOException {
    boolean mayEndEarly = args.length > 0 && args[0].equals("--may-end-early");
    int first = mayEndEarly ? 1 : 0;
    String token = null;
    if (args.length > first + 1 && args[first].equals("--token")) {
      token = args[first + 1];
      first += 2;
    }
    if (args.length != first + 2 || (token != null && !TOKEN.matcher(token).matches())) {
      System.err.println("usage: GapCheck [--may-end-early] [--token TOKEN] WRITTEN ARRIVED");
      System.exit(2);
    }
    String difference;
    try {
      difference = difference(Path.of(args[first]), Path.of(args[first + 1]), mayEndEarly, token);
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
  static @Nullable String difference(
      Path written, Path arrived, boolean mayEndEarly, @Nullable String token) throws IOException {
    Set<String> own = token == null ? tokens(written) : Set.of();
    try (InputStream in = new BufferedInputStream(Files.newInputStream(written));
        InputStream out = new BufferedInputStream(Files.newInputStream(arrived))) {
      return new GapCheck(in, out, own, token).compare(mayEndEarly);
    }
  }

  /** Returns what stands in a file where a token stands in a marker. */
  private static Set<String> tokens(Path file) throws IOException {
    Set<String> found = new HashSet<>();
    StringBuilder begun = new StringBuilder();
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      for (int b = in.read(); b != -1; b = in.read()) {
        int length = begun.length();
        boolean fits =
            length < BEGIN.length() ? b == BEGIN.charAt(length) : Character.digit(b, 16) >= 0;
        if (!fits) {
          begun.setLength(0);
        }
        if (fits || b == BEGIN.charAt(0)) {
          begun.append((char) b);
        }
        if (begun.length() == BEGIN.length() + TOKEN_DIGITS) {
          found.add(begun.substring(BEGIN.length()));
          begun.setLength(0);
        }
      }
    }
    return found;
  }

  /** Whether something that looks like a marker is one, by its token. */
  private boolean isMarker(String of) {
    if (token == null && !own.contains(of)) {
      token = of;
    }
    return of.equals(token);
  }

  private @Nullable String compare(boolean mayEndEarly) throws IOException {
    boolean cut = false;
    for (byte[] line = next(); line != null; line = next()) {
      String text = new String(line, ISO_8859_1);
      Matcher gap = GAP.matcher(text);
      if (gap.matches() && isMarker(gap.group(1))) {
        String wrong = skip(number(gap.group(2)), number(gap.group(3)));
        if (wrong != null) {
          return at(wrong);
        }
        cut = false;
        continue;
      }
      if (cut) {
        return at("a cut line is not followed by its gap");
      }
      Matcher mark = MARK.matcher(text);
      boolean piece = text.endsWith("]") && mark.find() && isMarker(mark.group(1));
      cut = piece && mark.group(2).equals("cut");
      boolean fragment = piece && !cut;
      int length = piece ? mark.start() : line.length;
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
