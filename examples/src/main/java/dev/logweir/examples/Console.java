package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Where messages and progress go: on a terminal the progress is a block at the bottom that is
 * redrawn in place and messages scroll past above it; elsewhere everything is a line of its own,
 * without escape codes. Thread-safe.
 *
 * <p>Control characters are shown as {@code ?}: a server's answer may be part of a message, and
 * must not steer the terminal.
 */
final class Console {
  private static final int DEFAULT_COLUMNS = 80;
  private static final int MIN_COLUMNS = 20;
  private static final int ASK_SECONDS = 2;
  private static final String CLEAR_BELOW = "\u001B[J";
  private static final String CLEAR_LINE = "\u001B[K";

  private final ReentrantLock lock = new ReentrantLock();
  private final PrintWriter out;
  private final boolean terminal;
  private final int columns;
  private List<String> block = List.of();

  /**
   * Makes one.
   *
   * @param terminal whether {@code out} is one
   * @param columns of the terminal
   */
  Console(PrintWriter out, boolean terminal, int columns) {
    this.out = out;
    this.terminal = terminal;
    this.columns = columns;
  }

  /** Returns that of stderr, which {@code err} writes to. */
  static Console ofStderr(PrintWriter err) {
    boolean terminal = isStderrTerminal(System.getenv());
    return new Console(err, terminal, terminal ? terminalColumns() : DEFAULT_COLUMNS);
  }

  boolean isTerminal() {
    return terminal;
  }

  /** Prints a message on a line of its own. */
  void line(String text) {
    lock.lock();
    try {
      out.print(toBlockStart() + (block.isEmpty() ? "" : CLEAR_BELOW));
      out.println(clean(text));
      draw();
    } finally {
      lock.unlock();
    }
  }

  /** Shows the progress: in the place of the last one on a terminal, else as one more line. */
  void progress(List<String> lines) {
    if (!terminal) {
      line(String.join(" | ", lines));
      return;
    }
    lock.lock();
    try {
      out.print(toBlockStart());
      block =
          lines.stream()
              .map(Console::clean)
              .map(line -> line.length() < columns ? line : line.substring(0, columns - 1))
              .toList();
      draw();
    } finally {
      lock.unlock();
    }
  }

  /** Takes the progress away from a terminal. */
  void endProgress() {
    lock.lock();
    try {
      if (!block.isEmpty()) {
        out.print(toBlockStart() + CLEAR_BELOW);
        block = List.of();
      }
      out.flush();
    } finally {
      lock.unlock();
    }
  }

  private String toBlockStart() {
    int up = block.size() - 1;
    return block.isEmpty() ? "" : up == 0 ? "\r" : "\r\u001B[" + up + "A";
  }

  private void draw() {
    if (!block.isEmpty()) {
      out.print(String.join(CLEAR_LINE + "\n", block) + CLEAR_BELOW);
    }
    out.flush();
  }

  private static String clean(String text) {
    StringBuilder clean = new StringBuilder(text.length());
    text.codePoints()
        .map(c -> Character.isISOControl(c) || c == 0x2028 || c == 0x2029 ? '?' : c)
        .forEach(clean::appendCodePoint);
    return clean.toString();
  }

  /** Whether stderr is a terminal that takes escape codes: the JDK does not tell, Linux does. */
  private static boolean isStderrTerminal(Map<String, String> environment) {
    if (environment.getOrDefault("TERM", "dumb").equals("dumb")) {
      return false;
    }
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  private static int terminalColumns() {
    try {
      Process stty =
          new ProcessBuilder("stty", "size")
              .redirectInput(new File("/dev/tty"))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (stty.waitFor(ASK_SECONDS, TimeUnit.SECONDS)) {
        String[] size =
            new String(stty.getInputStream().readAllBytes(), US_ASCII).strip().split(" ", -1);
        return Math.max(MIN_COLUMNS, Integer.parseInt(size[size.length - 1]));
      }
      stty.destroyForcibly();
    } catch (IOException | NumberFormatException ignored) {
      // A terminal that does not tell its width is taken as an ordinary one.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return DEFAULT_COLUMNS;
  }
}
