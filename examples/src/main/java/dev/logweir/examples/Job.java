package dev.logweir.examples;

import dev.logweir.JobOutcome;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.OutcomeVariables;
import dev.logweir.SendException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A command to run and what became of it. One thread runs it; the rest is thread-safe. */
final class Job {
  private final long number;
  private final List<String> command;
  private final Destination.Reporter reporter;
  private final @Nullable OutcomeVariables variables;
  private final LogStreamer.Builder settings;
  private final @Nullable Pace pace;
  private final Duration outcomeTime;
  private final Map<String, String> environment;
  private volatile boolean ended;
  private volatile @Nullable Process process;
  private volatile @Nullable LogStreamer log;
  private volatile @Nullable Result result;
  private volatile int exitCode;
  private volatile @Nullable String outcomeFailure = "outcome not reported in time";

  /**
   * How a job ended.
   *
   * @param exitCode of the command; negative if it did not start
   * @param report null if the command did not start
   * @param failure why it failed, for a person; null if it ran well
   */
  record Result(int exitCode, @Nullable LogReport report, @Nullable String failure) {}

  Job(
      long number,
      List<String> command,
      Map<String, String> environment,
      Destination.Reporter reporter,
      @Nullable OutcomeVariables variables,
      LogStreamer.Builder settings,
      @Nullable Pace pace,
      Duration outcomeTime) {
    this.number = number;
    this.command = command;
    this.environment = environment;
    this.reporter = reporter;
    this.variables = variables;
    this.settings = settings;
    this.pace = pace;
    this.outcomeTime = outcomeTime;
  }

  long number() {
    return number;
  }

  /** Runs the command to its end and its log to its own; does nothing after {@link #end}. */
  void run() {
    if (ended) {
      return;
    }
    try {
      result = ship();
    } catch (IOException e) {
      result = new Result(-1, null, "did not start: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      result = new Result(-1, null, "was interrupted");
    }
  }

  private Result ship() throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    Process child = builder.start();
    process = child;
    if (ended) {
      end();
    }
    child.getOutputStream().close();
    try (LogStreamer streamer = settings.afterLog(this::reportOutcome).start()) {
      log = streamer;
      streamer.pump(pace == null ? child : new PacedProcess(child, pace));
      exitCode = child.waitFor();
      LogReport report = streamer.finish();
      return new Result(exitCode, report, failure(report));
    } finally {
      child.destroy();
    }
  }

  /** Leaves the result to say what went wrong: a log that is lost is named there first. */
  private void reportOutcome(LogReport report) {
    JobOutcome outcome =
        ended ? JobOutcome.CANCELED : exitCode == 0 ? JobOutcome.SUCCESS : JobOutcome.FAILED;
    try {
      reporter.report(outcome, variables == null ? Map.of() : variables.variables(), outcomeTime);
      outcomeFailure = null;
    } catch (SendException e) {
      outcomeFailure = e.getMessage();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private @Nullable String failure(LogReport report) {
    if (exitCode != 0) {
      return ended ? "ended early" : "exit code " + exitCode;
    }
    if (!report.isComplete()) {
      return "log incomplete: " + report;
    }
    return outcomeFailure;
  }

  /** Ends the command, if it runs, and what it started; a job not yet begun will not begin. */
  void end() {
    ended = true;
    Process child = process;
    if (child != null) {
      // Process.destroy() would also close the pipes, with what is still in them.
      child.descendants().forEach(ProcessHandle::destroy);
      child.toHandle().destroy();
    }
  }

  boolean isRunning() {
    return process != null && result == null;
  }

  @Nullable Result result() {
    return result;
  }

  /** The report, or the state of the accounts while the job runs; null before. */
  @Nullable LogReport report() {
    Result last = result;
    if (last != null) {
      return last.report();
    }
    LogStreamer running = log;
    return running == null ? null : running.report();
  }
}
