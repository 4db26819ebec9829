package dev.logweir;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;

/**
 * Proves the end of a job whose streams come over a network: the last thing that a wrapped command
 * writes to its standard output is a random number and its exit code.
 *
 * <p>A stream that was severed looks like one that ended. With {@link
 * LogStreamer.Builder#exitMarker} the log knows the difference, by {@link LogStreamer#end()}. The
 * number has 128 bits. In the command, its arguments and so {@code ps}, {@code /proc} and traces it
 * stands in two halves, the second first; they are joined when they are written. The marker's line
 * goes to no processor and no sink; it counts as filtered.
 *
 * <p>The script runs in a shell of its own, so that {@code exec}, {@code exit}, options and traps
 * of the script change nothing: the marker has the exit code of that shell, 128 and the number of
 * the signal if one killed it. Limits: if the outer shell, {@code sh}, is killed itself, which of
 * the usual signals only SIGKILL does, no marker comes, and the stream counts as severed. Output of
 * a process that outlives the script comes behind the marker and is taken as long as the stream is
 * open. A job that reads both halves on purpose can write a marker: it is no protection against the
 * job.
 *
 * <p>As the outer shell outlives SIGTERM, {@link Process#destroy} of the command alone ends nothing
 * before the script has ended: destroy its {@linkplain Process#descendants descendants}.
 *
 * <p>Immutable. Use one for each job: if another job writes this job's marker, it ends this job's
 * log. Several commands of one job have the same marker; {@link LogStreamer#nextCommand} says what
 * it means then.
 */
public final class ExitMarker {
  /** Before the number: a byte that is rare in text. */
  static final byte START = 0x1E;

  static final int MAX_CODE = 255;
  private static final int HALF_BYTES = 8;

  /**
   * The arguments are the second half, the first half, and the command. The halves are positional,
   * as a variable would be in the command's environment if it was exported before.
   *
   * <p>The shell takes signals, such as those of {@code kill 0} in the script, and does nothing; it
   * does not ignore them, which the script's shell would inherit. The code is taken in a list,
   * which {@code errexit} from the environment's {@code SHELLOPTS} does not end.
   */
  private static final String OUTER =
      "trap : HUP INT QUIT PIPE ALRM TERM USR1 USR2;"
          + " (shift 2; exec \"$@\") && set -- \"$1\" \"$2\" 0 || set -- \"$1\" \"$2\" \"$?\";"
          + " printf '\\036%s%s:%s\\n' \"$2\" \"$1\" \"$3\" || :; exit \"$3\"";

  /** What the outer shell calls itself. */
  private static final String NAME = "logweir";

  /**
   * The same for a script on the standard input, so that a caller without an input can refuse it.
   */
  private static final String NAME_OF_PIPED = "logweir-piped";

  private final String first;
  private final String second;

  /** All of the marker up to the code. */
  private final byte[] begin;

  private ExitMarker(byte[] random) {
    HexFormat hex = HexFormat.of();
    first = hex.formatHex(random, 0, HALF_BYTES);
    second = hex.formatHex(random, HALF_BYTES, 2 * HALF_BYTES);
    begin = ((char) START + first + second + ":").getBytes(StandardCharsets.US_ASCII);
  }

  /** Returns a marker with a random number. */
  public static ExitMarker random() {
    byte[] random = new byte[2 * HALF_BYTES];
    new SecureRandom().nextBytes(random);
    return new ExitMarker(random);
  }

  /**
   * Returns a command that runs a script and then writes the marker: {@code sh}, which must be
   * there, and its arguments. If the shell is not there, the marker says 127. Its exit code is the
   * script's. An API that takes a line and not a list, such as {@code ssh}, must get each argument
   * in quotes: docs/feeding.md shows how.
   *
   * @param shell the script's shell, such as {@code bash} or {@code /bin/sh}
   * @param script any text without a NUL; Linux takes less than 128 KiB
   * @param options of the shell, such as {@code -e}
   * @throws NullPointerException if an argument is null
   * @throws IllegalArgumentException if {@code shell} is empty, or a text has a NUL
   */
  public List<String> wrap(String shell, String script, String... options) {
    List<String> command = begun(NAME, shell, options);
    command.add("-c");
    command.add(checked("script", script));
    return List.copyOf(command);
  }

  /**
   * As {@link #wrap}, for a script that is to come on the command's standard input, of any length.
   * Without an input it is an empty script, which succeeds.
   */
  public List<String> wrapPiped(String shell, String... options) {
    List<String> command = begun(NAME_OF_PIPED, shell, options);
    command.add("-s");
    return List.copyOf(command);
  }

  private List<String> begun(String name, String shell, String... options) {
    if (checked("shell", shell).isEmpty()) {
      throw new IllegalArgumentException("shell must not be empty");
    }
    List<String> command = new ArrayList<>(List.of("sh", "-c", OUTER, name, second, first, shell));
    for (String option : options) {
      command.add(checked("option", option));
    }
    return command;
  }

  private static String checked(String name, String text) {
    Objects.requireNonNull(text, name);
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(name + " must have no NUL");
    }
    return text;
  }

  byte[] begin() {
    return begin;
  }

  /** Returns a name without the number. */
  @Override
  public String toString() {
    return "ExitMarker";
  }
}
