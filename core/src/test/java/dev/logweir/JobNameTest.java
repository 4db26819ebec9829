package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The name of a job, given or not, and where it stands. */
@Timeout(60)
class JobNameTest {
  private final LogweirEngine engine = LogweirEngine.builder().build();

  @AfterEach
  void closeEngine() {
    engine.close();
  }

  private LogStreamer.Builder job() {
    return LogStreamer.builder(lines -> {}).engine(engine);
  }

  @Test
  void jobsWithoutAName_areCountedByTheirEngine() {
    LogStreamer first = job().start();
    BatchShipper second = BatchShipper.builder(lines -> {}).engine(engine).start();
    LogweirEngine other = LogweirEngine.builder().build();
    LogStreamer alone = LogStreamer.builder(lines -> {}).engine(other).start();
    assertThat(first).hasToString("LogStreamer[job-1, RUNNING]");
    assertThat(second).hasToString("BatchShipper[job-2, RUNNING]");
    assertThat(alone).hasToString("LogStreamer[job-1, RUNNING]");
    other.close();
  }

  @Test
  void name_isInTheReportsOfTheJobAndOfTheEngine() {
    LogStreamer log = job().name("build 42").start();
    BatchShipper.builder(lines -> {}).engine(engine).name("audit").start();
    assertThat(log.report().name()).isEqualTo("build 42");
    assertThat(log.report().toString()).startsWith("build 42: ");
    List<LogReport> reports = engine.close(Duration.ofSeconds(10));
    assertThat(reports).extracting(LogReport::name).containsExactlyInAnyOrder("build 42", "audit");
    assertThat(log.finish().name()).isEqualTo("build 42");
  }

  @Test
  void name_hasOneTo200CharactersAndNoneThatControls() {
    assertThat(job().name("x".repeat(200)).start()).asString().contains("x".repeat(200));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> job().name(""))
        .withMessage("length of name must be from 1 to 200: 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> job().name("x".repeat(201)))
        .withMessage("length of name must be from 1 to 200: 201");
    for (String control : List.of("\n", "\u001b", "\u007f", "\u0085", "\u2028", "\u2029")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> job().name("ab" + control))
          .withMessage(
              "name must have no control characters: U+%04X at 2", (int) control.charAt(0));
    }
    assertThatNullPointerException().isThrownBy(() -> job().name(null)).withMessage("name");
    assertThatNullPointerException()
        .isThrownBy(() -> BatchShipper.builder(lines -> {}).name(null))
        .withMessage("name");
  }
}
