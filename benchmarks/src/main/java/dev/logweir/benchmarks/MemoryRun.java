package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Everything about memory: {@code MemoryRun [--quick] [--break leak|uncapped] FOLDER}, called by
 * {@code benchmarks/run memory}.
 *
 * <p>Runs the rows of {@link WorstCaseMemoryBenchmark} (with {@code --quick} 24 of the 336), the
 * {@link StallProof} (with 100 jobs only), and {@link IdleJobs}, each in JVMs of its own; with
 * {@code --break} only the rows, of a library that is broken on purpose. Writes {@code
 * memory*.json} and {@code memory.md}. Exit code 1 if anything is not as promised.
 */
public final class MemoryRun {
  private static final int IDLE_JOBS = 10_000;
  private static final int QUIET_SECONDS = 10;
  private static final int QUIET_SECONDS_QUICK = 2;
  private static final int PROOF_SIZE = 256 << 10;

  /** So that the heap of a thousand jobs is 0.6 GB, which any machine has. */
  private static final int PROOF_SIZE_OF_MANY = 64 << 10;

  private final Path folder;
  private final boolean quick;
  private final String flaw;
  private final StringBuilder text = new StringBuilder();
  private final List<String> failed = new ArrayList<>();

  private MemoryRun(Path folder, boolean quick, String flaw) {
    this.folder = folder;
    this.quick = quick;
    this.flaw = flaw;
  }

  /** Runs and exits. */
  public static void main(String[] args) throws Exception {
    List<String> left = new ArrayList<>(List.of(args));
    boolean quick = left.remove("--quick");
    int option = left.indexOf("--break");
    String flaw = Flaw.NONE.name();
    if (option >= 0 && option + 1 < left.size()) {
      left.remove(option);
      flaw = left.remove(option).toUpperCase(Locale.ROOT);
    }
    if (left.size() != 1 || left.get(0).startsWith("-")) {
      System.err.println("usage: MemoryRun [--quick] [--break leak|uncapped] FOLDER");
      System.exit(2);
    }
    Path folder = Files.createDirectories(Path.of(left.get(0)));
    System.exit(new MemoryRun(folder, quick, Flaw.valueOf(flaw).name()).run());
  }

  private int run() throws Exception {
    text.append("# Memory\n\n")
        .append(Machine.describe())
        .append("\nCommand: `benchmarks/run memory");
    text.append(quick ? " --quick" : "").append(broken() ? " --break " + flaw : "").append("`.\n");
    worstCase();
    if (!broken()) {
      proof();
      idle();
    }
    Files.writeString(folder.resolve("memory.md"), text);
    System.out.println("written: " + folder.resolve("memory.md"));
    failed.forEach(what -> System.out.println("FAILED: " + what));
    return failed.isEmpty() ? 0 : 1;
  }

  private boolean broken() {
    return !flaw.equals(Flaw.NONE.name());
  }

  private void worstCase() throws IOException, InterruptedException {
    text.append("\n## Worst case\n\n");
    List<String> options = new ArrayList<>(ChildJvm.EXACT);
    // What is broken on purpose is to be measured, not to die.
    options.add(broken() ? "-Xmx1g" : "-Xmx400m");
    options.add("-D" + WorstCaseMemoryBenchmark.FLAW + "=" + flaw);
    options.add("-Djmh.ignoreLock=true");
    int status =
        ChildJvm.run(
            options,
            WorstCaseTable.class,
            List.of(quick ? "few" : "all", folder.toString()),
            System.out::println);
    if (status != 0) {
      failed.add("worst case: exit code " + status);
    }
    Path table = folder.resolve(WorstCaseTable.MARKDOWN);
    text.append(Files.exists(table) ? Files.readString(table, UTF_8) : "no table\n");
    Files.deleteIfExists(table);
  }

  private void proof() throws IOException, InterruptedException {
    List<StallProof> proofs = new ArrayList<>();
    StringBuilder transcript = new StringBuilder();
    for (int jobs : quick ? new int[] {100} : new int[] {20, 100, 1_000}) {
      StallProof proof =
          new StallProof(
              jobs,
              jobs < 1_000 ? PROOF_SIZE : PROOF_SIZE_OF_MANY,
              StallProof.FOR_GARBAGE,
              line -> {
                System.out.println(line);
                transcript.append(line).append('\n');
              });
      if (!proof.run()) {
        failed.add("proof with " + jobs + " jobs: see the transcript");
      }
      proofs.add(proof);
    }
    text.append("\n## A heap computed from the formula\n\n");
    text.append("| jobs | maxSize | without jobs, B | -Xmx, B | Logweir | plain port |\n");
    text.append("|---|---|---|---|---|---|\n");
    proofs.forEach(proof -> text.append(proof.line()).append('\n'));
    text.append("\n```\n").append(transcript).append("```\n");
    try (JsonGenerator json = json("memory-proof.json")) {
      json.writeStartObject();
      Machine.write(json);
      json.writeArrayFieldStart("proofs");
      for (StallProof proof : proofs) {
        proof.write(json);
      }
      json.writeEndArray();
      json.writeEndObject();
    }
  }

  private void idle() throws IOException, InterruptedException {
    int seconds = quick ? QUIET_SECONDS_QUICK : QUIET_SECONDS;
    List<String[]> rows = new ArrayList<>();
    List<String> options = new ArrayList<>(ChildJvm.EXACT);
    options.add("-Xmx512m");
    int status =
        ChildJvm.run(
            options,
            IdleJobs.class,
            List.of(Integer.toString(IDLE_JOBS), Integer.toString(seconds)),
            line -> {
              System.out.println("idle jobs: " + line);
              rows.add(line.split(" ", -1));
            });
    if (status != 0 || rows.size() != 2) {
      failed.add("idle jobs: exit code " + status);
      return;
    }
    text.append("\n## 10,000 idle jobs\n\n");
    text.append("| | bytes a job | the engine's threads, at once | and after ").append(seconds);
    text.append(" s | other threads | CPU in ").append(seconds).append(" s, ms |\n");
    text.append("|---|---|---|---|---|---|\n");
    rows.forEach(row -> text.append("| ").append(String.join(" | ", row)).append(" |\n"));
    try (JsonGenerator json = json("memory-idle.json")) {
      json.writeStartObject();
      Machine.write(json);
      json.writeNumberField("jobs", IDLE_JOBS);
      json.writeNumberField("seconds", seconds);
      for (String[] row : rows) {
        json.writeObjectFieldStart(row[0]);
        json.writeNumberField("bytesPerJob", Long.parseLong(row[1]));
        json.writeNumberField("engineThreads", Long.parseLong(row[2]));
        json.writeNumberField("engineThreadsLater", Long.parseLong(row[3]));
        json.writeNumberField("otherThreads", Long.parseLong(row[4]));
        json.writeNumberField("cpuMillis", Long.parseLong(row[5]));
        json.writeEndObject();
      }
      json.writeEndObject();
    }
  }

  private JsonGenerator json(String name) throws IOException {
    return new JsonFactory().createGenerator(folder.resolve(name).toFile(), JsonEncoding.UTF8);
  }
}
