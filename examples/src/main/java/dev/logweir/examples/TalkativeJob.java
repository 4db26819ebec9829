package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * A job that talks like a build: {@code TalkativeJob NUMBER BYTES}.
 *
 * <p>The same number and size give the same bytes. There are log lines, debug dumps, progress with
 * carriage returns, colours, JSON, text in several scripts, stack traces on stderr, empty lines,
 * now and then a very long line, and a last line without its end. If the environment has a {@value
 * #SECRET}, it gives that away.
 */
public final class TalkativeJob {
  /** The variable whose value the job prints in passing. */
  static final String SECRET = "JOB_SECRET";

  private static final int BUFFER_BYTES = 8192;
  private static final String[] PHASES = {
    "resources", "compile", "process-test-classes", "test", "package", "verify"
  };
  private static final String[] WORDS = {
    "dependency", "artifact", "cache", "module", "resolver", "reactor", "snapshot", "plugin"
  };
  private static final String[] REMARKS = {
    "größer als erwartet, Übersetzung läuft weiter",
    "предупреждение: устаревший вызов",
    "警告: キャッシュを再構築しています",
    "done ✔ shipped 🚀 in 3 ms",
  };

  private final SplittableRandom random;
  private final long number;
  private final String secret;

  private TalkativeJob(long number, String secret) {
    this.number = number;
    this.random = new SplittableRandom(number);
    this.secret = secret;
  }

  /** Returns how to start one as a process. */
  static List<String> command(long number, long bytes) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-Xmx64m",
        "-cp",
        System.getProperty("java.class.path"),
        TalkativeJob.class.getName(),
        Long.toString(number),
        Long.toString(bytes));
  }

  /** Prints about {@code args[1]} bytes as the job {@code args[0]}. */
  public static void main(String[] args) throws IOException {
    String secret = System.getenv().getOrDefault(SECRET, "none");
    try (OutputStream out = stream(FileDescriptor.out);
        OutputStream err = stream(FileDescriptor.err)) {
      talk(Long.parseLong(args[0]), Long.parseLong(args[1]), secret, out, err);
    }
  }

  static void talk(long number, long bytes, String secret, OutputStream out, OutputStream err)
      throws IOException {
    new TalkativeJob(number, secret).talk(bytes, out, err);
  }

  private static OutputStream stream(FileDescriptor descriptor) {
    return new BufferedOutputStream(new FileOutputStream(descriptor), BUFFER_BYTES);
  }

  private void talk(long bytes, OutputStream out, OutputStream err) throws IOException {
    long written = say(out, "[INFO] Scanning for projects... job " + number + "\n");
    for (long step = 1; written < bytes; step++) {
      boolean toStderr = random.nextInt(50) == 0;
      written += toStderr ? say(err, stackTrace(step)) : say(out, text(step));
    }
    say(out, "::set-outcome-var bytes=" + written + "\n");
    say(out, "[INFO] BUILD SUCCESS");
  }

  private static int say(OutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(UTF_8);
    out.write(bytes);
    return bytes.length;
  }

  private String text(long step) {
    int kind = random.nextInt(200);
    if (kind == 0) {
      return "[DEBUG] classpath: " + path().repeat(random.nextInt(20, 400)) + "\n";
    }
    if (kind == 1) {
      return "[DEBUG] Authorization: Bearer " + secret + "\n";
    }
    if (kind < 10) {
      return "\n";
    }
    if (kind < 20) {
      return "\rProgress: " + random.nextInt(100) + "%\rProgress: 100%\n";
    }
    if (kind < 35) {
      return "\u001B[1;34m[INFO]\u001B[m " + pick(REMARKS) + "\n";
    }
    if (kind < 50) {
      return format(
          "{\"step\":%d,\"phase\":\"%s\",\"took\":%d}\n",
          step, pick(PHASES), random.nextInt(10_000));
    }
    if (kind < 80) {
      return format(
          "[INFO] --- %s (default-%s) @ module-%d ---\n",
          pick(WORDS), pick(PHASES), random.nextInt(40));
    }
    return format(
        "[DEBUG] %06d %s %s -> %s %08x\n",
        step, pick(WORDS), pick(WORDS), path(), random.nextInt());
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }

  private String stackTrace(long step) {
    StringBuilder trace = new StringBuilder("java.lang.IllegalStateException: step " + step + "\n");
    for (int frames = random.nextInt(2, 12); frames > 0; frames--) {
      trace.append("\tat org.example.").append(pick(WORDS)).append(".Worker.run(Worker.java:");
      trace.append(random.nextInt(1, 500)).append(")\n");
    }
    return trace.toString();
  }

  private String path() {
    return "/build/" + pick(PHASES) + "/" + pick(WORDS) + "-" + random.nextInt(100) + ".jar:";
  }

  private String pick(String[] choices) {
    return choices[random.nextInt(choices.length)];
  }
}
