package dev.logweir.kubernetes;

import dev.logweir.ExitMarker;
import dev.logweir.ForeignText;
import dev.logweir.LogEnd;
import dev.logweir.LogStreamer;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs commands in a container of a pod and feeds what they write to a log.
 *
 * <p>Thread-safe; several commands may run at once. While the log {@linkplain
 * dev.logweir.WhenFull#WAIT waits}, so does the command: no frames are read from the server, which
 * blocks the command's writes. Each command has two threads of the log's pump, with 8 KiB each, and
 * at most one frame of the server, usually no more than 32 KiB.
 *
 * <p>An end is known if the server sent the exit code, or if the log's {@link ExitMarker} was read
 * in the standard output; the marker wins where they differ. A stream that ends with neither was
 * severed: by a proxy, by the network, or by the end of the pod; the log's report is then not
 * complete. Nor is it if the log has a marker and only the server sent the code, as bytes may be
 * missing.
 *
 * <pre>{@code
 * PodExec exec = PodExec.builder(client).namespace("jobs").pod("job-17").build();
 * ExitMarker marker = ExitMarker.random();
 * try (LogStreamer log =
 *     LogStreamer.builder(sender).whenFull(WhenFull.WAIT).exitMarker(marker).start()) {
 *   PodExecResult result = exec.run(log, marker.wrap("sh", "make all"));
 *   LogReport report = log.finish();
 * }
 * }</pre>
 */
public final class PodExec {
  private static final Logger LOGGER = LoggerFactory.getLogger(PodExec.class);

  /** Once is enough: a runner makes one of these for each job. */
  private static final AtomicBoolean WARNED_OF_PINGS = new AtomicBoolean();

  /** How long stopping may take beyond the grace. */
  private static final long STOP_NANOS = Duration.ofSeconds(10).toNanos();

  /** A word of every command that {@link ExitMarker#wrapPiped} makes. */
  private static final String WAITS_FOR_SCRIPT = "logweir-piped";

  private static final int MAX_CODE = 0xFF;
  private static final int NOT_FOUND = 404;
  private static final int CONFLICT = 409;

  private final KubernetesClient client;
  private final PodTarget target;
  private final PodSocket socket;
  private final long checkNanos;
  private final long maxNanos;
  private final Duration stopGrace;
  private final boolean stoppable;

  private PodExec(Builder settings, PodTarget target) {
    client = settings.client;
    this.target = target;
    socket = new PodSocket(client, settings.connectTimeout.toNanos());
    checkNanos = settings.checkInterval.toNanos();
    maxNanos = settings.maxDuration.toNanos();
    stopGrace = settings.stopGrace;
    stoppable = settings.stoppable;
    Long ping = client.getConfiguration().getWebsocketPingInterval();
    if (socket.holdsThread() && ping != null && ping > 0 && !WARNED_OF_PINGS.getAndSet(true)) {
      LOGGER.warn(
          "OkHttp cuts a WebSocket that is held back for longer than its ping interval, {} ms:"
              + " set websocketPingInterval to 0 where the log waits",
          ping);
    }
  }

  /**
   * Returns a builder; a pod must be given.
   *
   * @param client stays the caller's; not closed here
   * @throws NullPointerException if {@code client} is null
   */
  public static Builder builder(KubernetesClient client) {
    return new Builder(Objects.requireNonNull(client, "client"));
  }

  /**
   * Runs a command and returns when both its streams have ended. If the thread is interrupted, or
   * {@link Builder#maxDuration} is over, the command and all that it started is stopped. A missing
   * program gives exit code 127, with a line of {@code env} on the standard error; if the command
   * is not {@linkplain Builder#stoppable stoppable}, it is {@link PodExecResult.Cause#REFUSED}.
   *
   * @param log where the streams go; not finished here
   * @param command the command and its arguments; not run in a shell
   * @return how it ended, with the exit code if it is known
   * @throws NullPointerException if an argument is null
   * @throws IllegalArgumentException if there is no command, or it is of {@link
   *     ExitMarker#wrapPiped}: it has no input, and would succeed with nothing done
   * @throws PodExecException if the command was not started
   * @throws InterruptedException if the thread was interrupted; the log's report is not complete
   */
  public PodExecResult run(LogStreamer log, String... command)
      throws PodExecException, InterruptedException {
    return run(log, List.of(command));
  }

  /** As {@link #run(LogStreamer, String...)}. */
  public PodExecResult run(LogStreamer log, List<String> command)
      throws PodExecException, InterruptedException {
    Objects.requireNonNull(log, "log");
    if (command.isEmpty()) {
      throw new IllegalArgumentException("command must have at least one word");
    }
    if (command.contains(WAITS_FOR_SCRIPT)) {
      throw new IllegalArgumentException(
          "command must have its script as an argument, by ExitMarker.wrap:"
              + " there is no input in a pod to pipe it to");
    }
    PodLook before = lookBefore();
    if (Thread.interrupted()) {
      throw new InterruptedException(); // in the look; nothing was started
    }
    String id = UUID.randomUUID().toString();
    ExecWatch watch = new ExecWatch(client, target, before.identity(), checkNanos, maxNanos);
    ExecStream stream =
        new ExecStream(client.getKubernetesSerialization(), socket.holdsThread(), watch);
    boolean stop = stoppable;
    try {
      open(log, stoppable ? marked(id, command) : command, stream);
      watch.begin(stream);
      stream.provenBy(() -> log.end().kind() == LogEnd.Kind.EXITED);
      log.pump(stream.stdout(), stream.stderr());
      PodExecResult result = result(log, stream);
      stop &= result.cause() == PodExecResult.Cause.TIMED_OUT;
      return result;
    } catch (PodExecException e) {
      stop &= e.status() == 0; // no answer: it may have started
      throw e;
    } finally {
      watch.end();
      stream.close(new ExecEnd(PodExecResult.Cause.FAILED, "closed by the client"));
      if (stop) {
        stop(id);
      }
    }
  }

  /** If it is not known whether the command was started, its output is missing in the log. */
  private void open(LogStreamer log, List<String> command, ExecStream stream)
      throws PodExecException, InterruptedException {
    boolean known = true;
    try {
      socket.open(target, command, stream);
    } catch (PodExecException e) {
      known = e.status() > 0;
      throw e;
    } catch (InterruptedException e) {
      known = false;
      throw e;
    } finally {
      if (!known) {
        stream.close(new ExecEnd(PodExecResult.Cause.FAILED, "not known whether it was opened"));
        log.pump(stream.stdout(), stream.stderr());
      }
    }
  }

  private PodLook lookBefore() throws PodExecException {
    PodLook look = PodLook.at(client, target);
    switch (look.state()) {
      case RUNNING, FORBIDDEN, UNREACHABLE -> {
        return look;
      }
      case POD_GONE, POD_ENDED -> {
        throw new PodExecException(target + ": " + look.text(), NOT_FOUND, null);
      }
      case WAITING, CONTAINER_GONE, NO_SUCH_CONTAINER -> {
        throw new PodExecException(target + ": " + look.text(), CONFLICT, null);
      }
    }
    throw new AssertionError(look);
  }

  /** The job's own marker wins over what the server says. */
  private PodExecResult result(LogStreamer log, ExecStream stream) {
    ExecEnd end = Objects.requireNonNull(stream.end());
    ExecStatus status = stream.status();
    OptionalInt code = log.end().exitCode();
    if (code.isEmpty() && status != null && status.exitCode().isPresent()) {
      code = status.exitCode();
      log.exited(code.getAsInt() & MAX_CODE);
    }
    if (code.isPresent()) {
      return new PodExecResult(code, end.cause(), target + ": exit code " + code.getAsInt());
    }
    if (status != null) {
      String text = target + ": the server says: " + ForeignText.shortened(status.message());
      return new PodExecResult(code, PodExecResult.Cause.REFUSED, text);
    }
    return new PodExecResult(code, end.cause(), target + ": severed, " + end.text());
  }

  /** Puts a mark into the environment of the command and of all that it starts. */
  private static List<String> marked(String id, List<String> command) {
    List<String> words = new ArrayList<>(List.of("env", ExecStop.MARK + "=" + id));
    words.addAll(command);
    return words;
  }

  private void stop(String id) {
    LOGGER.info("{}: stopping the command", target);
    ExecStream stream =
        new ExecStream(client.getKubernetesSerialization(), socket.holdsThread(), ExecStream.QUIET);
    try {
      socket.open(target, ExecStop.command(id, stopGrace), stream);
      if (!stream.discard(stopGrace.toNanos() + STOP_NANOS)) {
        LOGGER.warn("{}: not known whether the command was stopped", target);
      }
    } catch (PodExecException e) {
      LOGGER.warn("the command was not stopped: {}", e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      stream.close(new ExecEnd(PodExecResult.Cause.FAILED, "closed by the client"));
    }
  }

  @Override
  public String toString() {
    return "PodExec[" + target + "]";
  }

  /** Collects the settings, and checks each when it is given. Not thread-safe. */
  public static final class Builder {

    private final KubernetesClient client;
    private @Nullable String namespace;
    private @Nullable String pod;
    private @Nullable String container;
    private Duration connectTimeout = Duration.ofSeconds(10);
    private Duration checkInterval = Duration.ofSeconds(30);
    private Duration maxDuration = Duration.ofDays(1);
    private Duration stopGrace = Duration.ofSeconds(5);
    private boolean stoppable = true;

    private Builder(KubernetesClient client) {
      this.client = client;
    }

    /**
     * Sets the namespace. Default: the client's own.
     *
     * @throws NullPointerException if {@code namespace} is null
     * @throws IllegalArgumentException if it is no name of Kubernetes
     */
    public Builder namespace(String namespace) {
      this.namespace = Settings.name("namespace", namespace);
      return this;
    }

    /**
     * Sets the pod.
     *
     * @throws NullPointerException if {@code pod} is null
     * @throws IllegalArgumentException if it is no name of Kubernetes
     */
    public Builder pod(String pod) {
      this.pod = Settings.name("pod", pod);
      return this;
    }

    /**
     * Sets the container. Default: the one that the server chooses, which of several is the pod's
     * default container.
     *
     * @throws NullPointerException if {@code container} is null
     * @throws IllegalArgumentException if it is no name of Kubernetes
     */
    public Builder container(String container) {
      this.container = Settings.name("container", container);
      return this;
    }

    /**
     * Sets how long to wait until the server has started the command: 1 ms to 7 days, default 10 s.
     *
     * @throws IllegalArgumentException if out of range
     */
    public Builder connectTimeout(Duration timeout) {
      connectTimeout = Settings.time("connectTimeout", timeout);
      return this;
    }

    /**
     * Sets how often the pod is checked while its stream is silent: 1 ms to 7 days, default 30 s.
     * The check finds a stream that hangs because its pod is gone, its container was restarted, or
     * the API server is away.
     *
     * @throws IllegalArgumentException if out of range
     */
    public Builder checkInterval(Duration interval) {
      checkInterval = Settings.time("checkInterval", interval);
      return this;
    }

    /**
     * Sets how long the command may take: 1 ms to 7 days, default 1 day. Then it is stopped.
     *
     * @throws IllegalArgumentException if out of range
     */
    public Builder maxDuration(Duration duration) {
      maxDuration = Settings.time("maxDuration", duration);
      return this;
    }

    /**
     * Sets how long a command that is stopped has between SIGTERM and SIGKILL: 1 ms to 7 days, in
     * whole seconds, rounded up, default 5 s.
     *
     * @throws IllegalArgumentException if out of range
     */
    public Builder stopGrace(Duration grace) {
      stopGrace = Settings.time("stopGrace", grace);
      return this;
    }

    /**
     * Sets whether the command can be stopped, default true. To find it and all that it started, it
     * is run by {@code env} with a variable {@code LOGWEIR_EXEC}; to stop it, the container must
     * have {@code sh}, {@code grep} and {@code /proc}. If it cannot be stopped, it runs on after
     * its stream is abandoned, until the pod is deleted.
     */
    public Builder stoppable(boolean stoppable) {
      this.stoppable = stoppable;
      return this;
    }

    /**
     * Builds it, without a request to the server.
     *
     * @throws IllegalStateException if no pod was given, or no namespace, where the client has none
     */
    public PodExec build() {
      return new PodExec(this, PodTarget.of(client, namespace, pod, container));
    }
  }
}
