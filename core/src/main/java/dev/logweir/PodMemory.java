package dev.logweir;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The memory that a process with a number of jobs needs, as a sum of named terms: the heap, for
 * {@code -Xmx}, and the limit of its pod or control group, above which the kernel kills it.
 *
 * <p>Immutable. Holds for a JVM that is started with {@link #jvmOptions()}: what the options bound,
 * the JVM does not exceed; the other terms were measured, with all jobs writing to an API that
 * hangs, and have room to spare ({@code benchmarks/run pod} measures each against its term).
 *
 * <pre>{@code
 * PodMemory memory = PodMemory.builder(engine).jobs(50, builder).build();
 * System.out.println(memory.limitBytes());
 * System.out.println(String.join(" ", memory.jvmOptions()));
 * }</pre>
 */
public final class PodMemory {
  /** The heap of the program itself if not set, in bytes. */
  public static final long DEFAULT_APPLICATION_HEAP_BYTES = 24 << 20;

  /** The bound of the metaspace if not set, in bytes. */
  public static final long DEFAULT_METASPACE_BYTES = 32 << 20;

  /** The bound of the code cache if not set, in bytes. */
  public static final long DEFAULT_CODE_CACHE_BYTES = 32 << 20;

  /** The threads of the program itself, besides one for each job, if not set. */
  public static final int DEFAULT_APPLICATION_THREADS = 16;

  private static final int MAX_JOBS = 1_000_000;
  private static final int MAX_THREADS = 1_000_000;
  private static final long MAX_BYTES = 1L << 50;
  private static final long MIB = 1L << 20;
  private static final long MAX_CODE_CACHE = 2L << 30;

  /** A thread for the caller of {@code pump} and one for each of its streams. */
  private static final int THREADS_A_JOB = 3;

  /** Those of the JVM: compilers, collector, signals, references, and for the ends of processes. */
  private static final int JVM_THREADS = 24;

  /**
   * Touched of a stack, with what the kernel holds for a thread: 16 KiB of stack and its tables.
   */
  private static final long THREAD_BYTES = 160 << 10;

  private static final long JVM_NATIVE_BYTES = 48 * MIB;
  private static final long COLLECTOR_BYTES = 4 * MIB;

  /** The serial collector's tables: a card for 512 B, an offset as well, and marking stacks. */
  private static final long HEAP_TO_COLLECTOR = 64;

  private static final long DIRECT_BYTES = 8 * MIB;

  /** The JDK copies what a socket writes or reads through a direct buffer of the thread. */
  private static final long DIRECT_A_SEND = 32 << 10;

  /** What the kernel keeps for a connection, besides what is on its way of a request. */
  private static final long SOCKET_BYTES = 128 << 10;

  /** The most that Linux lets a socket's buffer grow to by itself ({@code tcp_wmem}). */
  private static final long MAX_SOCKET_BYTES = 4 * MIB;

  /** A job's places are six, of which a batch is one: a fourth covers it encoded as Base64. */
  private static final int JOB_TO_REQUEST = 4;

  /** Two pipes of 16 pages each, and the tables of a process. */
  private static final long PIPES_A_CHILD = 160 << 10;

  /** Of the heap, in tenths, for garbage that is not yet collected. */
  private static final int GARBAGE_TENTHS = 3;

  private final List<Term> terms;
  private final long heap;
  private final long limit;
  private final long direct;
  private final long metaspace;
  private final long codeCache;

  private PodMemory(Builder builder) {
    List<Term> all = new ArrayList<>(builder.heapTerms(GARBAGE_TENTHS));
    heap = roundUp(all.stream().mapToLong(Term::bytes).sum());
    metaspace = roundUp(builder.metaspace);
    codeCache = roundUp(builder.codeCache);
    direct = roundUp(DIRECT_BYTES + builder.sends() * DIRECT_A_SEND);
    all.addAll(outside(builder));
    terms = List.copyOf(all);
    limit =
        heap + roundUp(terms.stream().filter(term -> !term.isHeap()).mapToLong(Term::bytes).sum());
  }

  /** A part of the memory. Immutable. */
  public static final class Term {
    private final String name;
    private final boolean isHeap;
    private final long bytes;
    private final String meaning;

    Term(String name, boolean isHeap, long bytes, String meaning) {
      this.name = name;
      this.isHeap = isHeap;
      this.bytes = bytes;
      this.meaning = meaning;
    }

    /** Returns the name of the part. */
    public String name() {
      return name;
    }

    /** Returns whether it is of the heap. */
    public boolean isHeap() {
      return isHeap;
    }

    /** Returns the bytes of the part, at most. */
    public long bytes() {
      return bytes;
    }

    /** Returns what the part is for, and how it was computed, for a person. */
    public String meaning() {
      return meaning;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Term term
          && name.equals(term.name)
          && isHeap == term.isHeap
          && bytes == term.bytes
          && meaning.equals(term.meaning);
    }

    @Override
    public int hashCode() {
      return Objects.hash(name, isHeap, bytes, meaning);
    }

    /** Returns the name and the bytes, for a person. */
    @Override
    public String toString() {
      return "Term[" + name + ", " + bytes + " B]";
    }
  }

  /**
   * Returns a builder for the jobs of an engine.
   *
   * @throws NullPointerException if {@code engine} is null
   */
  public static Builder builder(LogweirEngine engine) {
    return new Builder(Objects.requireNonNull(engine, "engine"));
  }

  private List<Term> outside(Builder builder) {
    List<Term> all = new ArrayList<>();
    long threads = builder.threads(JVM_THREADS, THREADS_A_JOB);
    add(all, "thread stacks", threads * THREAD_BYTES, threads + " threads, " + of(THREAD_BYTES));
    add(all, "metaspace", metaspace, "classes; bounded by an option");
    add(all, "code cache", codeCache, "compiled code; bounded by an option");
    add(
        all,
        "collector",
        COLLECTOR_BYTES + heap / HEAP_TO_COLLECTOR,
        "tables of the serial collector, by the heap");
    add(all, "JVM native", JVM_NATIVE_BYTES, "symbols, compilers, shared classes, malloc");
    add(
        all,
        "direct buffers",
        direct,
        builder.sends() + " sends, " + of(DIRECT_A_SEND) + ", and others; bounded by an option");
    long socket = Math.min(MAX_SOCKET_BYTES, SOCKET_BYTES + builder.jobBytes / JOB_TO_REQUEST);
    add(
        all,
        "sockets",
        builder.sends() * socket,
        builder.sends() + " connections with a request each, " + of(socket));
    if (builder.childBytes > 0) {
      long each = builder.childBytes + PIPES_A_CHILD;
      add(
          all,
          "child processes",
          builder.jobs * each,
          builder.jobs + " processes with their pipes, " + of(each));
    }
    return all;
  }

  private static void add(List<Term> all, String name, long bytes, String meaning) {
    all.add(new Term(name, false, bytes, meaning));
  }

  private static String of(long bytes) {
    return (bytes >> 10) + " KiB each";
  }

  private static long roundUp(long bytes) {
    return (bytes + MIB - 1) / MIB * MIB;
  }

  /** Returns the heap, for {@code -Xmx}, in whole MiB. */
  public long heapBytes() {
    return heap;
  }

  /** Returns the limit of the pod or control group, in whole MiB. */
  public long limitBytes() {
    return limit;
  }

  /** Returns the parts: first those of the heap, then the others. */
  public List<Term> terms() {
    return terms;
  }

  /** Returns the options of {@code java} with which the limit is enough. */
  public List<String> jvmOptions() {
    return List.of(
        "-XX:+UseSerialGC",
        "-Xmx" + mib(heap),
        "-XX:MaxMetaspaceSize=" + mib(metaspace),
        "-XX:ReservedCodeCacheSize=" + mib(codeCache),
        "-XX:MaxDirectMemorySize=" + mib(direct));
  }

  private static String mib(long bytes) {
    return bytes / MIB + "m";
  }

  @Override
  public String toString() {
    return "PodMemory[heap " + mib(heap) + ", limit " + mib(limit) + "]";
  }

  /** Collects what there is in the process. Not thread-safe. */
  public static final class Builder {
    private final LogweirEngine engine;
    private final List<Term> shared = new ArrayList<>();
    private final List<SecretMasker> maskers = new ArrayList<>();
    private int jobs;
    private int sinks;
    private long jobBytes;
    private long applicationHeap = DEFAULT_APPLICATION_HEAP_BYTES;
    private long metaspace = DEFAULT_METASPACE_BYTES;
    private long codeCache = DEFAULT_CODE_CACHE_BYTES;
    private int applicationThreads = DEFAULT_APPLICATION_THREADS;
    private long childBytes;

    private Builder(LogweirEngine engine) {
      this.engine = engine;
    }

    /**
     * Sets how many jobs there are at once, all like one that this builder would start. A processor
     * that they share is counted for each of them, except a {@link #sharedMasker}.
     *
     * @param count 1 to 1,000,000
     * @throws NullPointerException if {@code sample} is null
     * @throws IllegalArgumentException if {@code count} is out of range, or as {@link
     *     LogStreamer.Builder#maxRetainedBytes()}
     */
    public Builder jobs(int count, LogStreamer.Builder sample) {
      long each = sample.maxRetainedBytes();
      for (SecretMasker masker : maskers) {
        if (sample.has(masker)) {
          each += masker.stateBytes() - masker.maxRetainedBytes();
          sharedBytes("shared masker", masker.maxRetainedBytes());
        }
      }
      return jobs(count, each, sample.sinks());
    }

    /**
     * Sets how many jobs there are at once.
     *
     * @param count 1 to 1,000,000
     * @param maxRetainedBytes of one job, as {@link LogStreamer.Builder#maxRetainedBytes()} says
     * @param sinks of one job, 1 to 4
     * @throws IllegalArgumentException if one is out of range
     */
    public Builder jobs(int count, long maxRetainedBytes, int sinks) {
      jobs = Checks.count("number of jobs", count, 1, MAX_JOBS);
      jobBytes = bytes("maxRetainedBytes", maxRetainedBytes);
      this.sinks = Checks.count("number of sinks", sinks, 1, JobSettings.MAX_SINKS);
      return this;
    }

    /**
     * Sets a masker that all jobs share and that the sample has: it is counted once, and not for
     * each job. To be called before {@link #jobs(int, LogStreamer.Builder)}.
     *
     * @throws NullPointerException if {@code masker} is null
     */
    public Builder sharedMasker(SecretMasker masker) {
      maskers.add(Objects.requireNonNull(masker, "masker"));
      return this;
    }

    /**
     * Adds heap that is there once for all jobs, such as a client's own part.
     *
     * @param name what it is, for a person
     * @param bytes 0 to 2^50
     * @throws NullPointerException if {@code name} is null
     * @throws IllegalArgumentException if {@code bytes} is out of range
     */
    public Builder sharedBytes(String name, long bytes) {
      Objects.requireNonNull(name, "name");
      shared.add(new Term(name, true, bytes("sharedBytes", bytes), "once for all jobs"));
      return this;
    }

    /**
     * Sets the heap that the program itself holds, live, with its libraries: 0 to 2^50 bytes,
     * default 24 MiB.
     *
     * @throws IllegalArgumentException if out of range
     */
    public Builder applicationHeapBytes(long bytes) {
      applicationHeap = bytes("applicationHeapBytes", bytes);
      return this;
    }

    /**
     * Sets the bound of the metaspace: 16 MiB to 2^50 bytes, default 32 MiB, rounded up to whole
     * MiB. The runner of the examples takes 10 MiB; a program on a framework may need 100 and more.
     *
     * @throws IllegalArgumentException if out of range
     */
    public Builder metaspaceBytes(long bytes) {
      metaspace = Checks.inRange("metaspaceBytes", bytes, 16 * MIB, MAX_BYTES);
      return this;
    }

    /**
     * Sets the bound of the code cache: 8 MiB to 2 GiB, default 32 MiB, rounded up to whole MiB.
     * When it is full, the JVM compiles no more: the program runs on, and slower.
     *
     * @throws IllegalArgumentException if out of range
     */
    public Builder codeCacheBytes(long bytes) {
      codeCache = Checks.inRange("codeCacheBytes", bytes, 8 * MIB, MAX_CODE_CACHE);
      return this;
    }

    /**
     * Sets how many threads the program itself has, besides one for each job: 0 to 1,000,000,
     * default {@value #DEFAULT_APPLICATION_THREADS}.
     *
     * @throws IllegalArgumentException if out of range
     */
    public Builder applicationThreads(int threads) {
      applicationThreads = Checks.count("applicationThreads", threads, 0, MAX_THREADS);
      return this;
    }

    /**
     * Sets what the process of a job takes of the same pod: 0 to 2^50 bytes. Default 0, for jobs
     * that run elsewhere, such as in pods of their own; their pipes are then not counted either.
     *
     * @throws IllegalArgumentException if out of range
     */
    public Builder childProcessBytes(long bytesEach) {
      childBytes = bytes("childProcessBytes", bytesEach);
      return this;
    }

    /**
     * Returns the sum.
     *
     * @throws IllegalStateException if the jobs were not given
     */
    public PodMemory build() {
      if (jobs == 0) {
        throw new IllegalStateException("jobs must be given");
      }
      return new PodMemory(this);
    }

    private static long bytes(String name, long bytes) {
      return Checks.inRange(name, bytes, 0, MAX_BYTES);
    }

    private List<Term> heapTerms(int garbageTenths) {
      List<Term> all = new ArrayList<>();
      all.add(
          new Term("engine", true, engine.maxRetainedBytes(), "LogweirEngine.maxRetainedBytes()"));
      all.add(
          new Term(
              "jobs",
              true,
              jobs * jobBytes,
              jobs + " jobs, LogStreamer.maxRetainedBytes() = " + jobBytes));
      all.add(
          new Term(
              "pumps",
              true,
              (long) jobs * JobSettings.PUMP_BYTES,
              "LogStreamer.pump, one a job: " + of(JobSettings.PUMP_BYTES)));
      all.addAll(shared);
      all.add(new Term("application", true, applicationHeap, "the program's own, with libraries"));
      long live = all.stream().mapToLong(Term::bytes).sum();
      all.add(
          new Term(
              "garbage",
              true,
              live * garbageTenths / 10,
              "not yet collected: " + garbageTenths + " tenths of the above"));
      return all;
    }

    private long sends() {
      return Math.min((long) jobs * sinks, engine.maxConcurrentSends());
    }

    private long threads(int jvm, int aJob) {
      int processors = engine.drainThreads();
      // Virtual ones live in the heap of their jobs and share as many threads as there are
      // processors.
      boolean virtual =
          DaemonThreads.virtual("unused", engine.log(PodMemory.class, "engine")) != null
              && !engine.sends.isGiven();
      long calls = virtual ? processors : sends() + Math.min(jobs, LogweirEngine.MAX_CLOSINGS);
      return jvm + applicationThreads + processors + 1L + (long) jobs * aJob + calls;
    }
  }
}
