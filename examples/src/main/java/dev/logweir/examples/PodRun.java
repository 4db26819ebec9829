package dev.logweir.examples;

import dev.logweir.ExitMarker;
import dev.logweir.JobOutcome;
import dev.logweir.LinePrefixer;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import dev.logweir.OutcomeVariables;
import dev.logweir.SecretMasker;
import dev.logweir.SendException;
import dev.logweir.WhenFull;
import dev.logweir.kubernetes.PodExec;
import dev.logweir.kubernetes.PodExecException;
import dev.logweir.kubernetes.PodExecResult;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One job in a pod of its own, from the pod's creation to its deletion, with its log and outcome.
 * Used by one thread.
 */
final class PodRun {
  private static final String CONTAINER = "job";
  private static final Duration OUTCOME_TIME = Duration.ofSeconds(2);
  private static final long LOOK_MILLIS = 200;

  private final Settings settings;
  private final PodJob job;
  private final int worker;
  private JobOutcome outcome = JobOutcome.FAILED;
  private String message = "";
  private @Nullable String outcomeFailure = "outcome not reported in time";

  /** What is the same for all jobs. */
  record Settings(
      KubernetesClient client,
      LogweirEngine engine,
      JobMeters meters,
      String namespace,
      Duration podMaxWait,
      Duration podMaxLifetime,
      String shell,
      String workingDirectory,
      int logMaxSize,
      Duration logMaxInterval) {}

  /**
   * What became of a job.
   *
   * @param message why it did not succeed; empty if it did
   * @param lastLines as shipped, for an error tracker, if it did not succeed
   */
  record Result(JobOutcome outcome, String message, LogReport report, List<String> lastLines) {
    boolean isWell() {
      return outcome == JobOutcome.SUCCESS && message.isEmpty() && report.isComplete();
    }
  }

  PodRun(Settings settings, PodJob job, int worker) {
    this.settings = settings;
    this.job = job;
    this.worker = worker;
  }

  Result run(Destination.Shipping shipping) {
    settings.meters().started();
    long begun = System.nanoTime();
    try {
      return runWithLog(shipping);
    } finally {
      settings.meters().finished(outcome, Duration.ofNanos(System.nanoTime() - begun));
    }
  }

  private Result runWithLog(Destination.Shipping shipping) {
    ExitMarker marker = ExitMarker.random();
    SecretMasker masker =
        job.secrets().isEmpty() ? null : SecretMasker.builder().addAll(job.secrets()).build();
    OutcomeVariables variables =
        masker == null ? OutcomeVariables.unmasked() : OutcomeVariables.maskedBy(masker);
    LogStreamer.Builder builder =
        LogStreamer.builder(shipping.sender())
            .name("job " + job.number())
            .engine(settings.engine())
            .maxSize(settings.logMaxSize())
            .maxInterval(settings.logMaxInterval())
            .whenFull(WhenFull.WAIT)
            .exitMarker(marker)
            .processor(variables)
            .afterLog(report -> report(shipping.reporter(), variables.variables()));
    if (masker != null) {
      builder.processor(masker);
    }
    builder.processor(
        LinePrefixer.of(
            () -> Instant.now().truncatedTo(ChronoUnit.SECONDS) + " [" + worker + "] "));
    try (LogStreamer log = builder.start()) {
      boolean interrupted = runInPod(log, marker);
      LogReport report = log.finish();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      String failure = outcomeFailure;
      String text = failure == null ? message : String.join("; ", message, failure);
      boolean well = outcome == JobOutcome.SUCCESS;
      return new Result(outcome, text, report, well ? List.of() : log.recentLines());
    }
  }

  private void report(Destination.Reporter reporter, Map<String, String> variables) {
    try {
      reporter.report(outcome, variables, OUTCOME_TIME);
      outcomeFailure = null;
    } catch (SendException e) {
      outcomeFailure = e.getMessage();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Sets the outcome; returns whether the thread was interrupted, which it is not any more. */
  private boolean runInPod(LogStreamer log, ExitMarker marker) {
    Pod pod = pod();
    boolean interrupted = false;
    try {
      runInPod(pod, log, marker);
    } catch (InterruptedException e) {
      interrupted = true;
    } catch (PodExecException | KubernetesClientException e) {
      // The client makes such a failure of an interrupt too, and sets the flag again.
      interrupted = Thread.interrupted();
      message = "pod execution failed: " + e.getMessage();
    } finally {
      if (interrupted) {
        outcome = JobOutcome.CANCELED;
        message = "canceled";
      }
      interrupted |= delete(pod);
    }
    return interrupted;
  }

  private void runInPod(Pod pod, LogStreamer log, ExitMarker marker)
      throws PodExecException, InterruptedException {
    settings.client().resource(pod).create();
    if (awaitRunning(pod)) {
      PodExec exec =
          PodExec.builder(settings.client())
              .namespace(settings.namespace())
              .pod(pod.getMetadata().getName())
              .container(CONTAINER)
              .maxDuration(settings.podMaxLifetime())
              .build();
      List<String> command =
          marker.wrap(settings.shell(), job.script(settings.workingDirectory()), "-e");
      ended(exec.run(log, command));
    } else {
      outcome = JobOutcome.POD_TIMEOUT;
      message = "pod was not ready in " + DurationText.of(settings.podMaxWait());
    }
  }

  private void ended(PodExecResult result) {
    if (result.exitCode().isPresent()) {
      int code = result.exitCode().getAsInt();
      outcome = code == 0 ? JobOutcome.SUCCESS : JobOutcome.FAILED;
      message = code == 0 ? "" : result.toString();
    } else {
      // A stream that ended before the job is no success, whatever came until then.
      outcome =
          result.cause() == PodExecResult.Cause.REFUSED
              ? JobOutcome.FAILED
              : JobOutcome.EXECUTION_TIMEOUT;
      message = result.toString();
    }
  }

  private Pod pod() {
    PodBuilder builder =
        new PodBuilder()
            .withNewMetadata()
            .withName("opslevel-job-" + job.number() + "-" + Instant.now().getEpochSecond())
            .withNamespace(settings.namespace())
            .endMetadata()
            .withNewSpec()
            .withRestartPolicy("Never")
            .addNewContainer()
            .withName(CONTAINER)
            .withImage(job.image())
            .withCommand("/bin/sh", "-c", "sleep " + settings.podMaxLifetime().toSeconds())
            .endContainer()
            .endSpec();
    builder
        .editSpec()
        .editFirstContainer()
        .addAllToEnv(
            job.environment().entrySet().stream()
                .map(
                    one ->
                        new EnvVarBuilder()
                            .withName(one.getKey())
                            .withValue(one.getValue())
                            .build())
                .toList())
        .endContainer()
        .endSpec();
    return builder.build();
  }

  private boolean awaitRunning(Pod pod) throws InterruptedException {
    long until = System.nanoTime() + settings.podMaxWait().toNanos();
    while (System.nanoTime() < until) {
      Pod now = settings.client().resource(pod).get();
      String phase = now == null || now.getStatus() == null ? null : now.getStatus().getPhase();
      if ("Running".equals(phase)) {
        return true;
      }
      if ("Failed".equals(phase) || "Succeeded".equals(phase)) {
        return false;
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
    return false;
  }

  /**
   * Deletes it, also on a thread that is interrupted: the client would send nothing.
   *
   * @return whether it was interrupted, which it is not any more
   */
  private boolean delete(Pod pod) {
    boolean interrupted = Thread.interrupted();
    try {
      settings.client().resource(pod).delete();
    } catch (KubernetesClientException e) {
      if (Thread.interrupted()) {
        delete(pod);
        return true;
      }
      message += (message.isEmpty() ? "" : "; ") + "its pod was not deleted: " + e.getMessage();
    }
    return interrupted;
  }
}
