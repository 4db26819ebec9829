package dev.logweir.examples;

import dev.logweir.JobOutcome;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.OutcomeVariables;
import dev.logweir.SendException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A command to run and what became of it. One thread runs it; the rest is thread-safe. */
final class ShippedJob {
  private final long number;
  private final List<String> command;
  private final Destination.Reporter reporter;
  private final @Nullable OutcomeVariables variables;
  private final LogStreamer.Builder settings;
  private final @Nullable Pace pace;
  private final Duration outcomeTime;
  private final Consumer<Map<String, String>> environment;
  private volatile boolean ended;
  private volatile boolean killed;
  private volatile List<ProcessHandle> toEnd = List.of();
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

  /** What became of a job, in a word or two. */
  enum State {
    NOT_BEGUN("not begun"),
    RUNNING("running"),
    NOT_STARTED("no start"),
    DONE("done"),
    FAILED("failed"),
    ENDED("ended"),
    KILLED("killed");

    private final String text;

    State(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /**
   * Makes one.
   *
   * @param environment changes what the command inherits
   * @param outcomeTime what reporting the outcome may take
   */
  ShippedJob(
      long number,
      List<String> command,
      Consumer<Map<String, String>> environment,
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
    } catch (RuntimeException e) {
      result = new Result(-1, null, "its log could not be shipped: " + e.getMessage());
    }
  }

  private Result ship() throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command);
    environment.accept(builder.environment());
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

  /** Everything that went wrong: what the command did hides nothing of what its log met. */
  private @Nullable String failure(LogReport report) {
    List<String> failures = new ArrayList<>();
    if (killed) {
      failures.add("did not end at SIGTERM and was killed");
    } else if (ended) {
      failures.add("ended early");
    } else if (exitCode != 0) {
      failures.add("exit code " + exitCode);
    }
    if (!report.isComplete()) {
      failures.add("log incomplete: " + ResultTable.words(report));
    }
    String outcome = outcomeFailure;
    if (outcome != null) {
      failures.add(outcome);
    }
    return failures.isEmpty() ? null : String.join("; ", failures);
  }

  /** Ends the command, if it runs, and what it started; a job not yet begun will not begin. */
  void end() {
    ended = true;
    Process child = process;
    if (child != null) {
      // Listed first: of a command that has ended, nobody can tell what it started.
      List<ProcessHandle> all = new ArrayList<>(child.descendants().toList());
      // Process.destroy() would also close the pipes, with what is still in them.
      all.add(child.toHandle());
      toEnd = all;
      all.forEach(ProcessHandle::destroy);
    }
  }

  /** Kills what did not end, who started it first: a shell would say of each child how it ended. */
  void kill() {
    List<ProcessHandle> all = new ArrayList<>();
    for (int i = toEnd.size() - 1; i >= 0; i--) {
      ProcessHandle handle = toEnd.get(i);
      if (handle.isAlive()) {
        all.add(handle);
        all.addAll(handle.descendants().toList());
      }
    }
    if (!all.isEmpty()) {
      killed = true;
    }
    all.forEach(ProcessHandle::destroyForcibly);
  }

  /** Returns what completes when all that {@link #end} was to end has ended. */
  CompletableFuture<?> onExit() {
    return CompletableFuture.allOf(
        toEnd.stream().map(ProcessHandle::onExit).toArray(CompletableFuture<?>[]::new));
  }

  boolean isRunning() {
    return process != null && result == null;
  }

  State state() {
    Result last = result;
    if (last == null) {
      return process == null ? State.NOT_BEGUN : State.RUNNING;
    }
    if (last.report() == null) {
      return State.NOT_STARTED;
    }
    return killed
        ? State.KILLED
        : ended ? State.ENDED : last.exitCode() == 0 ? State.DONE : State.FAILED;
  }

  /** What the library retains for the log now, in bytes. */
  long retainedBytes() {
    LogStreamer running = log;
    return running == null ? 0 : running.retainedBytes();
  }

  /** The last lines printed, as they are shipped. */
  List<String> recentLines() {
    LogStreamer running = log;
    return running == null ? List.of() : running.recentLines();
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
