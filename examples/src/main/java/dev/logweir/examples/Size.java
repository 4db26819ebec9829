package dev.logweir.examples;

import dev.logweir.BatchSender;
import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import dev.logweir.OutcomeVariables;
import dev.logweir.PodMemory;
import dev.logweir.SecretMasker;
import dev.logweir.faktory.FaktoryClient;
import dev.logweir.opslevel.OpsLevelClient;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Says how much memory a pod needs for so many jobs, by {@link PodMemory}. */
@Command(
    name = "size",
    sortOptions = false,
    mixinStandardHelpOptions = true,
    usageHelpAutoWidth = true,
    description = {
      "Says how much memory a pod needs for so many jobs: the heap, the limit, each term of both,",
      "and the options to start java with."
    })
final class Size implements Callable<Integer> {
  private static final int MAX_SECRETS = 10_000;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--jobs", paramLabel = "N", description = "Jobs at once (default: 8).")
  private int jobs = 8;

  @Option(
      names = "--max-size",
      paramLabel = "SIZE",
      converter = ByteSize.class,
      description = "The library's maxSize, 4K to 64M (default: its own, 256K).")
  private @Nullable Long maxSize;

  @Option(names = "--sinks", paramLabel = "N", description = "Sinks of a job (default: 1).")
  private int sinks = 1;

  @Option(
      names = "--sink",
      paramLabel = "NAME",
      description = "opslevel or faktory (default: ${DEFAULT-VALUE}).")
  private RunnerOptions.SinkName sink = RunnerOptions.SinkName.OPSLEVEL;

  @Option(
      names = "--secrets",
      paramLabel = "N",
      description =
          "Values masked in all their forms, in a masker that all jobs share, none added later (default: 0).")
  private int secrets;

  @Option(
      names = "--secret-size",
      paramLabel = "SIZE",
      converter = ByteSize.class,
      description = "Length of each (default: 40).")
  private long secretSize = 40;

  @Option(names = "--outcome-variables", description = "Jobs have outcome variables.")
  private boolean outcomeVariables;

  @Option(
      names = "--application-heap",
      paramLabel = "SIZE",
      converter = ByteSize.class,
      description = "Heap of the program itself, with its libraries (default: 24M).")
  private long applicationHeap = PodMemory.DEFAULT_APPLICATION_HEAP_BYTES;

  @Option(
      names = "--metaspace",
      paramLabel = "SIZE",
      converter = ByteSize.class,
      description = "Bound of the metaspace; more for a program with many classes (default: 32M).")
  private long metaspace = PodMemory.DEFAULT_METASPACE_BYTES;

  @Option(
      names = "--code-cache",
      paramLabel = "SIZE",
      converter = ByteSize.class,
      description = "Bound of the code cache (default: 32M).")
  private long codeCache = PodMemory.DEFAULT_CODE_CACHE_BYTES;

  @Option(
      names = "--application-threads",
      paramLabel = "N",
      description = "Threads of the program itself, besides one a job (default: 16).")
  private int applicationThreads = PodMemory.DEFAULT_APPLICATION_THREADS;

  @Option(
      names = "--child",
      paramLabel = "SIZE",
      converter = ByteSize.class,
      description = "Memory of each job's process, if it is in the same pod (default: 0).")
  private long child;

  @Option(names = "--only-options", description = "Print nothing but the options of java.")
  private boolean onlyOptions;

  @Option(names = "--only-limit", description = "Print nothing but the limit, in bytes.")
  private boolean onlyLimit;

  static CommandLine commandLine() {
    return OneLine.failures(new CommandLine(new Size()).setCaseInsensitiveEnumValuesAllowed(true));
  }

  @Override
  public Integer call() {
    try (LogweirEngine engine = LogweirEngine.builder().build()) {
      print(memory(engine), spec.commandLine().getOut());
      return 0;
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  private PodMemory memory(LogweirEngine engine) {
    if (secrets < 0 || secrets > MAX_SECRETS) {
      throw new IllegalArgumentException(
          "--secrets must be from 0 to " + MAX_SECRETS + ": " + secrets);
    }
    if (secretSize < 1 || secretSize > 16 << 10) {
      throw new IllegalArgumentException(
          "--secret-size must be from 1 to 16K: " + ByteSize.of(secretSize));
    }
    if (maxSize != null && (maxSize < 4 << 10 || maxSize > 64 << 20)) {
      throw new IllegalArgumentException(
          "--max-size must be from 4K to 64M: " + ByteSize.of(maxSize));
    }
    if (sinks < 1 || sinks > 4) {
      throw new IllegalArgumentException("--sinks must be from 1 to 4: " + sinks);
    }
    PodMemory.Builder memory =
        PodMemory.builder(engine)
            .applicationHeapBytes(applicationHeap)
            .applicationThreads(applicationThreads)
            .metaspaceBytes(metaspace)
            .codeCacheBytes(codeCache)
            .childProcessBytes(child);
    if (sink == RunnerOptions.SinkName.FAKTORY) {
      try (FaktoryClient client = FaktoryClient.builder().build()) {
        memory.sharedBytes("Faktory client", client.maxRetainedBytes());
        return sized(memory, engine, client.sender("1"));
      }
    }
    try (OpsLevelClient client = OpsLevelClient.builder().token("none").runnerId("none").build()) {
      return sized(memory, engine, client.sender("1"));
    }
  }

  private PodMemory sized(PodMemory.Builder memory, LogweirEngine engine, BatchSender sender) {
    LogStreamer.Builder job = LogStreamer.builder(sender).engine(engine);
    for (int i = 1; i < sinks; i++) {
      job.sink(sender);
    }
    if (maxSize != null) {
      job.maxSize(Math.toIntExact(maxSize));
    }
    if (outcomeVariables) {
      job.processor(OutcomeVariables.unmasked());
    }
    if (secrets > 0) {
      SecretMasker masker = masker();
      job.processor(masker);
      memory.sharedMasker(masker);
    }
    return memory.jobs(jobs, job).build();
  }

  private SecretMasker masker() {
    List<String> values = new ArrayList<>();
    for (int i = 0; i < secrets; i++) {
      // No two share a beginning, which would be counted once.
      String text = Integer.toString(i, Character.MAX_RADIX) + "-";
      values.add(text + "#".repeat((int) Math.max(0, secretSize - text.length())));
    }
    return SecretMasker.builder().addAll(values).encoded(true).roomBytes(0).build();
  }

  private void print(PodMemory memory, PrintWriter out) {
    if (onlyLimit) {
      out.println(memory.limitBytes());
    } else if (onlyOptions) {
      out.println(String.join(" ", memory.jvmOptions()));
    } else {
      out.println("Heap:");
      memory.terms().stream().filter(PodMemory.Term::isHeap).forEach(term -> print(term, out));
      row(out, "heap, in whole MiB", memory.heapBytes(), "-Xmx");
      out.println("Outside the heap:");
      memory.terms().stream().filter(term -> !term.isHeap()).forEach(term -> print(term, out));
      row(out, "limit, in whole MiB", memory.limitBytes(), "resources.limits.memory of the pod");
      out.println();
      out.println("limit: " + (memory.limitBytes() >> 20) + "Mi");
      out.println("java " + String.join(" ", memory.jvmOptions()));
    }
    out.flush();
  }

  private static void print(PodMemory.Term term, PrintWriter out) {
    row(out, "  " + term.name(), term.bytes(), term.meaning());
  }

  private static void row(PrintWriter out, String name, long bytes, String meaning) {
    out.printf(
        Locale.ROOT, "%-20s %14d B %8.1f MiB  %s%n", name, bytes, RunProgress.mib(bytes), meaning);
  }
}
