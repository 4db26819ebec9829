package dev.logweir.benchmarks;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Is a heap that is computed from the formula enough, and for whom?
 *
 * <p>The heap: what the same JVM holds without jobs, and 1.3 times the formula of the engine and of
 * so many jobs, for garbage not yet collected. In it run {@link StalledJobs}: Logweir's must end
 * with every job reported, the plain port's must die of {@code OutOfMemoryError}.
 */
final class StallProof {
  /** As {@code -XX:+ExitOnOutOfMemoryError} says. */
  private static final int DIED = 3;

  /** How much more than the formula there must be, for garbage not yet collected. */
  static final double FOR_GARBAGE = 1.3;

  private static final int MAX_POINTS = 200;
  private static final int FIGURES = 5;

  private final int jobs;
  private final int maxSize;
  private final double factor;
  private final Consumer<String> transcript;
  private long base;
  private long engineFormula;
  private long jobFormula;
  private long heap;
  private Ending logweir = new Ending();
  private Ending plain = new Ending();

  /**
   * Prepares the runs.
   *
   * @param maxSize of the jobs, in bytes
   * @param factor how many times the formula the heap has
   * @param transcript takes lines for a person
   */
  StallProof(int jobs, int maxSize, double factor, Consumer<String> transcript) {
    this.jobs = jobs;
    this.maxSize = maxSize;
    this.factor = factor;
    this.transcript = transcript;
  }

  /** Runs both; returns whether both ended as they must. */
  boolean run() throws IOException, InterruptedException {
    int status =
        ChildJvm.run(ChildJvm.EXACT, StalledJobs.class, arguments("logweir", 0), this::takeBase);
    if (status != 0 || base == 0) {
      throw new IllegalStateException("no base: exit code " + status);
    }
    heap = base + (long) (factor * (engineFormula + jobs * jobFormula));
    say(
        "%,d jobs of maxSize %d KiB: base %,d B + %.1f × (engine %,d B + %,d × job %,d B)",
        jobs, maxSize >> 10, base, FOR_GARBAGE, engineFormula, jobs, jobFormula);
    logweir = end("logweir");
    plain = end("plain");
    return isProven();
  }

  private boolean isProven() {
    return logweir.status == 0
        && logweir.reported == jobs
        && plain.status == DIED
        && plain.outOfMemory;
  }

  private Ending end(String kind) throws IOException, InterruptedException {
    List<String> options =
        List.of("-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError", "-Xmx" + heap);
    say(
        "$ java %s … %s %s",
        String.join(" ", options),
        StalledJobs.class.getSimpleName(),
        String.join(" ", arguments(kind, jobs)));
    Ending ending = new Ending();
    ending.status = ChildJvm.run(options, StalledJobs.class, arguments(kind, jobs), ending::take);
    long most = ending.looks.stream().mapToLong(look -> look[1]).max().orElse(0);
    say(
        "%s: exit code %d after %.1f s; %,d MiB written, at most %,d MiB in the heap, %s",
        kind,
        ending.status,
        ending.looks.isEmpty() ? 0 : ending.last()[0] / 1e3,
        ending.looks.isEmpty() ? 0 : ending.last()[4] >> 20,
        most >> 20,
        ending.resident());
    return ending;
  }

  private List<String> arguments(String kind, int count) {
    return List.of(kind, Integer.toString(count), Integer.toString(maxSize));
  }

  private void takeBase(String line) {
    String[] words = line.split(" ", -1);
    if (words[0].equals("base")) {
      base = Long.parseLong(words[1]);
      engineFormula = Long.parseLong(words[2]);
      jobFormula = Long.parseLong(words[3]);
    } else {
      say("%s", line);
    }
  }

  private void say(String format, Object... values) {
    transcript.accept(String.format(Locale.ROOT, format, values));
  }

  /** Returns the row of the table of these runs. */
  String line() {
    return String.format(
        Locale.ROOT,
        "| %,d | %d KiB | %,d | %,d | %,d of %,d reported, exit code %d, %s | %s after %.1f s, exit"
            + " code %d, %s |",
        jobs,
        maxSize >> 10,
        base,
        heap,
        logweir.reported,
        jobs,
        logweir.status,
        logweir.resident(),
        plain.outOfMemory ? "OutOfMemoryError" : "no OutOfMemoryError",
        plain.looks.isEmpty() ? 0 : plain.last()[0] / 1e3,
        plain.status,
        plain.resident());
  }

  /** Writes everything as an object. */
  void write(JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeNumberField("jobs", jobs);
    json.writeNumberField("maxSize", maxSize);
    json.writeNumberField("baseBytes", base);
    json.writeNumberField("engineFormulaBytes", engineFormula);
    json.writeNumberField("jobFormulaBytes", jobFormula);
    json.writeNumberField("factor", factor);
    json.writeNumberField("heapBytes", heap);
    json.writeBooleanField("proven", isProven());
    write(json, "logweir", logweir);
    write(json, "plain", plain);
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, String name, Ending ending) throws IOException {
    json.writeObjectFieldStart(name);
    json.writeNumberField("exitCode", ending.status);
    json.writeNumberField("reportedJobs", ending.reported);
    json.writeBooleanField("outOfMemoryError", ending.outOfMemory);
    json.writeNumberField("mostResidentKiB", ending.residentKiB);
    json.writeArrayFieldStart("points");
    int step = ending.looks.size() / MAX_POINTS + 1;
    for (int i = 0; i < ending.looks.size(); i += step) {
      long[] look = ending.looks.get(i);
      json.writeRaw('\n');
      json.writeStartObject();
      json.writeNumberField("ms", look[0]);
      json.writeNumberField("usedBytes", look[1]);
      json.writeNumberField("afterCollectionBytes", look[2]);
      json.writeNumberField("heldBytes", look[3]);
      json.writeNumberField("writtenBytes", look[4]);
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  /** How a process went and ended. */
  private final class Ending {
    private final List<long[]> looks = new ArrayList<>();
    private int status;
    private int reported;
    private long residentKiB = -1;
    private boolean outOfMemory;

    private void take(String line) {
      String[] words = line.split(" ", -1);
      if (words[0].equals("look") && words.length == FIGURES + 2) {
        long[] look = new long[FIGURES];
        for (int i = 0; i < FIGURES; i++) {
          look[i] = Long.parseLong(words[i + 1]);
        }
        looks.add(look);
        residentKiB = words[FIGURES + 1].equals("n/a") ? -1 : Long.parseLong(words[FIGURES + 1]);
      } else if (words[0].equals("reported")) {
        reported = Integer.parseInt(words[1]);
      } else {
        outOfMemory |= line.contains("OutOfMemoryError");
        say("%s", line);
      }
    }

    private long[] last() {
      return looks.get(looks.size() - 1);
    }

    private String resident() {
      return residentKiB < 0
          ? "resident n/a"
          : String.format(Locale.ROOT, "%,d MiB resident", residentKiB >> 10);
    }
  }
}
