package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PodMemoryTest {
  private static final long MIB = 1L << 20;

  private final LogweirEngine engine = LogweirEngine.builder().maxConcurrentSends(40).build();

  @AfterEach
  void close() {
    engine.close();
  }

  @Test
  void heap_isTheSumOfItsTermsInWholeMebibytes() {
    PodMemory memory =
        PodMemory.builder(engine)
            .jobs(50, 1_600_000, 1)
            .sharedBytes("client", 3_000_000)
            .applicationHeapBytes(10_000_000)
            .build();

    long pumps = 50L * JobSettings.PUMP_BYTES;
    long live = engine.maxRetainedBytes() + 50 * 1_600_000 + pumps + 3_000_000 + 10_000_000;
    assertThat(bytesOf(memory, "jobs")).isEqualTo(50 * 1_600_000);
    assertThat(bytesOf(memory, "client")).isEqualTo(3_000_000);
    assertThat(bytesOf(memory, "garbage")).isEqualTo(live * 3 / 10);
    assertThat(memory.heapBytes()).isBetween(live * 13 / 10, live * 13 / 10 + MIB);
    assertThat(memory.heapBytes() % MIB).isZero();
  }

  @Test
  void limit_isTheHeapAndTheSumOfAllOtherTerms() {
    PodMemory memory = PodMemory.builder(engine).jobs(50, 1_600_000, 1).build();

    long others =
        memory.terms().stream()
            .filter(term -> !term.isHeap())
            .mapToLong(PodMemory.Term::bytes)
            .sum();
    assertThat(memory.limitBytes() - memory.heapBytes()).isBetween(others, others + MIB);
    assertThat(memory.terms())
        .extracting(PodMemory.Term::name)
        .containsExactly(
            "engine",
            "jobs",
            "pumps",
            "application",
            "garbage",
            "thread stacks",
            "metaspace",
            "code cache",
            "collector",
            "JVM native",
            "direct buffers",
            "sockets");
  }

  @Test
  void options_setTheBoundsThatTheLimitWasComputedWith() {
    PodMemory memory = PodMemory.builder(engine).jobs(50, 1_600_000, 1).build();

    assertThat(memory.jvmOptions())
        .contains(
            "-Xmx" + memory.heapBytes() / MIB + "m",
            "-XX:MaxMetaspaceSize=" + bytesOf(memory, "metaspace") / MIB + "m",
            "-XX:ReservedCodeCacheSize=" + bytesOf(memory, "code cache") / MIB + "m",
            "-XX:MaxDirectMemorySize=" + bytesOf(memory, "direct buffers") / MIB + "m");
  }

  @Test
  void jobs_canBeGivenByABuilder() {
    LogStreamer.Builder sample =
        LogStreamer.builder(lines -> {}).sink(lines -> {}).engine(engine).maxSize(64 << 10);

    PodMemory bySample = PodMemory.builder(engine).jobs(10, sample).build();

    PodMemory byBytes = PodMemory.builder(engine).jobs(10, sample.maxRetainedBytes(), 2).build();
    assertThat(bySample.terms()).isEqualTo(byBytes.terms());
  }

  @Test
  void sharedMasker_isCountedOnceWithAStateForEachJob() {
    SecretMasker masker = SecretMasker.builder().add("a secret", "another").roomBytes(0).build();
    LogStreamer.Builder sample = LogStreamer.builder(lines -> {}).engine(engine).processor(masker);

    PodMemory shared = PodMemory.builder(engine).sharedMasker(masker).jobs(10, sample).build();
    PodMemory each = PodMemory.builder(engine).jobs(10, sample).build();

    assertThat(bytesOf(shared, "shared masker")).isEqualTo(masker.maxRetainedBytes());
    assertThat(bytesOf(each, "jobs") - bytesOf(shared, "jobs"))
        .isEqualTo(10 * (masker.maxRetainedBytes() - masker.stateBytes()))
        .isPositive();
  }

  @Test
  void sends_areNotMoreThanTheEngineRunsAtOnce() {
    PodMemory forty = PodMemory.builder(engine).jobs(40, 1_000, 1).build();
    PodMemory hundred = PodMemory.builder(engine).jobs(100, 1_000, 4).build();

    assertThat(bytesOf(hundred, "sockets")).isEqualTo(bytesOf(forty, "sockets"));
    assertThat(bytesOf(hundred, "thread stacks")).isGreaterThan(bytesOf(forty, "thread stacks"));
  }

  @Test
  void childProcesses_areOnlyCountedWhereTheyAreInThePod() {
    PodMemory.Builder builder = PodMemory.builder(engine).jobs(10, 1_000, 1);
    long without = builder.build().limitBytes();

    PodMemory with = builder.childProcessBytes(1 << 20).build();

    assertThat(bytesOf(with, "child processes")).isGreaterThan(10 << 20);
    assertThat(with.limitBytes() - without)
        .isBetween(bytesOf(with, "child processes") - MIB, bytesOf(with, "child processes") + MIB);
  }

  @Test
  void values_outOfRangeAreRefusedWithNameBoundAndValue() {
    PodMemory.Builder builder = PodMemory.builder(engine);

    assertThatIllegalStateException().isThrownBy(builder::build).withMessage("jobs must be given");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.jobs(0, 1, 1))
        .withMessage("number of jobs must be from 1 to 1000000: 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.jobs(1, -1, 1))
        .withMessageContaining("maxRetainedBytes")
        .withMessageContaining("-1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.jobs(1, 1, 5))
        .withMessage("number of sinks must be from 1 to 4: 5");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.applicationHeapBytes(Long.MAX_VALUE))
        .withMessageContaining("applicationHeapBytes must be from 0 B to 1048576 GiB: ");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.applicationThreads(-1))
        .withMessageContaining("applicationThreads");
  }

  @Test
  void metaspaceAndCodeCache_areWhatIsSaid() {
    PodMemory.Builder builder = PodMemory.builder(engine).jobs(10, 1_000, 1);

    PodMemory memory = builder.metaspaceBytes(128 * MIB).codeCacheBytes(64 * MIB).build();

    assertThat(bytesOf(memory, "metaspace")).isEqualTo(128 * MIB);
    assertThat(memory.jvmOptions())
        .contains("-XX:MaxMetaspaceSize=128m", "-XX:ReservedCodeCacheSize=64m");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.metaspaceBytes(1))
        .withMessage("metaspaceBytes must be from 16 MiB to 1048576 GiB: 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.codeCacheBytes(MIB))
        .withMessage("codeCacheBytes must be from 8 MiB to 2 GiB: 1048576");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.codeCacheBytes(4096 * MIB))
        .withMessage("codeCacheBytes must be from 8 MiB to 2 GiB: 4294967296");
  }

  private static long bytesOf(PodMemory memory, String name) {
    return memory.terms().stream()
        .filter(term -> term.name().equals(name))
        .findFirst()
        .orElseThrow()
        .bytes();
  }
}
