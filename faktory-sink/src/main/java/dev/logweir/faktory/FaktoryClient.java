package dev.logweir.faktory;

import dev.logweir.ForeignText;
import dev.logweir.sender.AttemptException;
import dev.logweir.sender.Attempts;
import dev.logweir.sender.Pauses;
import dev.logweir.sender.SenderSettings;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.util.Objects;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * The connection of a runner to a Faktory server, shared by all its jobs: pooled connections, the
 * policy of retries, the password.
 *
 * <p>Thread-safe. Owns no thread, and at most {@code poolSize} connections, made when they are
 * needed. One that has been idle for its time is closed when the next push ends, or when the client
 * is closed, and is never used again. Idle ones hold at most 16 KiB of heap each, 48 KiB with TLS
 * ({@link #maxRetainedBytes()}), and three descriptors. Close it after the jobs.
 *
 * <pre>{@code
 * try (FaktoryClient client = FaktoryClient.fromEnvironment().build();
 *     LogStreamer log = LogStreamer.builder(client.sender(runnerJobId)).start()) {
 *   exec(job, log.stdout(), log.stderr());
 * }
 * }</pre>
 */
public final class FaktoryClient implements AutoCloseable {
  /** Heap of the buffers and objects of a connection that is idle, or connecting. */
  private static final int CONNECTION_BYTES = 16 * 1024;

  private static final int TLS_CONNECTION_BYTES = 48 * 1024;

  private static final int MAX_ID_CHARS = 256;

  private final FaktoryUrl server;
  private final ConnectionPool pool;
  private final Attempts attempts;
  private final FaktoryMetrics metrics;
  private final JobWriter jobs;
  private final Duration connectTimeout;
  private final int maxJobBytes;

  private FaktoryClient(Builder settings, FaktoryUrl server, @Nullable SSLContext tls) {
    this.server = server;
    connectTimeout = settings.connectTimeout;
    maxJobBytes = settings.maxJobBytes;
    jobs = new JobWriter(settings.queue, settings.reserveFor, settings.clock);
    pool =
        new ConnectionPool(
            new Dialer(server, tls),
            settings.poolSize,
            settings.maxIdleTime,
            settings.maxConnectionAge);
    metrics = settings.metrics;
    attempts =
        Attempts.builder(FaktoryClient.class, "Faktory")
            .attempts(settings.attempts)
            .attemptTimeout(settings.attemptTimeout)
            .overallTimeout(settings.overallTimeout)
            .listener(new PushListener(metrics))
            .pauses(settings.pauses)
            .nanoTime(settings.nanoTime)
            .build();
    metrics.attach(pool);
  }

  /** Returns a builder with the defaults; all can be left as they are. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Returns a builder with the URL of the environment: in the variable that {@code
   * FAKTORY_PROVIDER} names, else in {@code FAKTORY_URL}, else {@value Builder#DEFAULT_URL}. A
   * variable that is empty is taken as not set.
   *
   * @throws IllegalArgumentException if {@code FAKTORY_PROVIDER} is no name of a variable that is
   *     set, or names itself, or the URL would be refused by the builder; the text names the
   *     variable and has no password
   */
  public static Builder fromEnvironment() {
    return fromEnvironment(System::getenv);
  }

  static Builder fromEnvironment(UnaryOperator<@Nullable String> environment) {
    Builder builder = new Builder();
    builder.server = FaktoryUrl.of(environment);
    return builder;
  }

  /**
   * Returns a sender for one job.
   *
   * @param runnerJobId the job's id, 1 to 256 characters on one line
   * @throws NullPointerException if it is null
   * @throws IllegalArgumentException if it is blank, too long, or has a line break or another
   *     control character in it, or half of a surrogate pair
   */
  public FaktorySender sender(String runnerJobId) {
    return new FaktorySender(
        this, SenderSettings.id("runnerJobId", runnerJobId, MAX_ID_CHARS), null);
  }

  /**
   * Returns a sender for one job, whose pushes go through a batch. Needs Faktory Enterprise: the
   * open-source server refuses each push of it.
   *
   * @param runnerJobId the job's id, as above
   * @param batchId the batch's id, 1 to 256 characters of printable ASCII without spaces
   * @throws NullPointerException if one is null
   * @throws IllegalArgumentException if one is blank, too long, or has a character that it must not
   */
  public FaktorySender sender(String runnerJobId, String batchId) {
    SenderSettings.id("batchId", batchId, MAX_ID_CHARS);
    if (SenderSettings.firstUnprintable(batchId, '!') >= 0) {
      throw new IllegalArgumentException(
          "batchId must be printable ASCII without spaces: " + ForeignText.shortened(batchId));
    }
    return new FaktorySender(
        this, SenderSettings.id("runnerJobId", runnerJobId, MAX_ID_CHARS), batchId);
  }

  /**
   * Ends the calls under way, pauses between attempts included, and closes all connections. Later
   * sends fail. Idempotent.
   */
  @Override
  public void close() {
    pool.close();
    attempts.close();
    metrics.detach(pool);
  }

  /**
   * Returns the most bytes of heap that idle connections hold: {@code poolSize} times 16 KiB, or 48
   * KiB with TLS. What a push holds is its sender's {@link FaktorySender#maxRetainedBytes()}, the
   * connection in use included.
   */
  public long maxRetainedBytes() {
    return (long) pool.size() * (server.tls() ? TLS_CONNECTION_BYTES : CONNECTION_BYTES);
  }

  /** Returns the class and where the server is, without the password. */
  @Override
  public String toString() {
    return "FaktoryClient[" + server + "]";
  }

  ConnectionPool pool() {
    return pool;
  }

  Attempts attempts() {
    return attempts;
  }

  FaktoryMetrics metrics() {
    return metrics;
  }

  JobWriter jobs() {
    return jobs;
  }

  int maxJobBytes() {
    return maxJobBytes;
  }

  long connectDeadlineNanos() {
    return System.nanoTime() + connectTimeout.toNanos();
  }

  AttemptException error(Reply reply) {
    return ReplyError.of(reply, server.password());
  }

  /** Collects the settings of a client and checks each when it is given. Not thread-safe. */
  public static final class Builder {
    /** Where the server is if not set. */
    public static final String DEFAULT_URL = "tcp://localhost:7419";

    private static final int MAX_PASSWORD_CHARS = 8 * 1024;
    private static final int MAX_POOL_SIZE = 1_000;
    private static final int MIN_JOB_BYTES = 16 * 1024;
    private static final int MAX_JOB_BYTES = 16 * 1024 * 1024;
    private static final Duration MIN_RESERVED = Duration.ofMinutes(1);
    private static final Duration MAX_RESERVED = Duration.ofHours(24);
    private static final Pattern QUEUE = Pattern.compile("[a-zA-Z0-9._-]{1,256}");

    Duration connectTimeout = Duration.ofSeconds(5);
    Duration attemptTimeout = Duration.ofSeconds(30);
    Duration overallTimeout = Duration.ofMinutes(10);
    Duration maxIdleTime = Duration.ofSeconds(30);
    Duration maxConnectionAge = Duration.ofMinutes(10);
    int attempts = 5;
    int poolSize = 4;
    int maxJobBytes = 64 * 1024;
    String queue = "app";
    @Nullable Duration reserveFor;
    FaktoryMetrics metrics = FaktoryMetrics.none();
    Clock clock = Clock.systemUTC();
    LongSupplier nanoTime = System::nanoTime;
    Pauses pauses = Pauses.OF_THE_CALL;

    private FaktoryUrl server = FaktoryUrl.DEFAULT;
    private @Nullable String password;
    private @Nullable SSLContext sslContext;

    private Builder() {}

    /**
     * Sets where the server is: {@code tcp://user:password@host:port}, or {@code tcp+tls://…} for
     * TLS 1.2 or newer. Default {@value #DEFAULT_URL}; without a port 7419. In user and password,
     * {@code /}, {@code ?}, {@code #} and {@code %} must be percent-encoded; see {@link
     * FaktoryUrl}.
     *
     * @throws NullPointerException if it is null
     * @throws IllegalArgumentException if it is no such URL; the text has no password
     */
    public Builder url(String url) {
      server = FaktoryUrl.parse("url", Objects.requireNonNull(url, "url"));
      return this;
    }

    /**
     * Sets the password, instead of that of the URL. The library never logs it or puts it into a
     * message.
     *
     * @param password 1 to 8,192 characters of any kind
     * @throws NullPointerException if it is null
     * @throws IllegalArgumentException if it is empty or too long
     */
    public Builder password(String password) {
      Objects.requireNonNull(password, "password");
      if (password.isEmpty() || password.length() > MAX_PASSWORD_CHARS) {
        throw new IllegalArgumentException(
            "password must have 1 to " + MAX_PASSWORD_CHARS + " characters: " + password.length());
      }
      this.password = password;
      return this;
    }

    /**
     * Sets the TLS context, for instance one with a trust store of its own. Default that of the
     * JDK. Host names are checked in any case. Used with {@code tcp+tls} only.
     *
     * @throws NullPointerException if it is null
     */
    public Builder sslContext(SSLContext sslContext) {
      this.sslContext = Objects.requireNonNull(sslContext, "sslContext");
      return this;
    }

    /**
     * Sets how many connections there are at most, and so how many pushes at a time. Default 4.
     * Further ones wait, in the order in which they came.
     *
     * @param connections 1 to 1,000
     * @throws IllegalArgumentException if it is out of range
     */
    public Builder poolSize(int connections) {
      poolSize = SenderSettings.range("poolSize", connections, 1, MAX_POOL_SIZE);
      return this;
    }

    /**
     * Sets how long a connection may be idle before it is closed. Default 30 s.
     *
     * @param time 1 ms to 24 h
     * @throws NullPointerException if it is null
     * @throws IllegalArgumentException if it is out of range
     */
    public Builder maxIdleTime(Duration time) {
      maxIdleTime = SenderSettings.longTimeout("maxIdleTime", time);
      return this;
    }

    /**
     * Sets how old a connection may be to be used for another push. Default 10 min.
     *
     * @param age 1 ms to 24 h
     * @throws NullPointerException if it is null
     * @throws IllegalArgumentException if it is out of range
     */
    public Builder maxConnectionAge(Duration age) {
      maxConnectionAge = SenderSettings.longTimeout("maxConnectionAge", age);
      return this;
    }

    /**
     * Sets how long connecting may take, TLS and the greeting included. Default 5 s.
     *
     * @param timeout 1 ms to 1 h
     * @throws NullPointerException if it is null
     * @throws IllegalArgumentException if it is out of range
     */
    public Builder connectTimeout(Duration timeout) {
      connectTimeout = SenderSettings.timeout("connectTimeout", timeout);
      return this;
    }

    /**
     * Sets how long one attempt may take, from waiting for a connection to the last byte of the
     * reply. Default 30 s. The time left for a job's end bounds it too.
     *
     * @param timeout 1 ms to 1 h
     * @throws NullPointerException if it is null
     * @throws IllegalArgumentException if it is out of range
     */
    public Builder attemptTimeout(Duration timeout) {
      attemptTimeout = SenderSettings.timeout("attemptTimeout", timeout);
      return this;
    }

    /**
     * Sets how long all attempts at one push and the pauses between them may take together,
     * excluding the wait for a server that is away; at least {@code attemptTimeout}. Default 10
     * min.
     *
     * @param timeout 1 ms to 24 h
     * @throws NullPointerException if it is null
     * @throws IllegalArgumentException if it is out of range
     */
    public Builder overallTimeout(Duration timeout) {
      overallTimeout = SenderSettings.longTimeout("overallTimeout", timeout);
      return this;
    }

    /**
     * Sets how often a push is tried. Default 5. Between attempts is a pause of about 1 s, doubled
     * each time up to about 30 s. The sender waits for a server that is away (no connection, no
     * reply) whatever the number; 1 disables retries and that wait.
     *
     * @param attempts 1 to 100
     * @throws IllegalArgumentException if it is out of range
     */
    public Builder attempts(int attempts) {
      this.attempts = SenderSettings.attempts(attempts);
      return this;
    }

    /**
     * Sets how large a log job may be on the wire, after Base64 and JSON, ids included. Default 64
     * KiB, as the server's author advises.
     *
     * @param bytes 16 KiB to 16 MiB
     * @throws IllegalArgumentException if it is out of range
     */
    public Builder maxJobBytes(int bytes) {
      maxJobBytes = SenderSettings.range("maxJobBytes", bytes, MIN_JOB_BYTES, MAX_JOB_BYTES);
      return this;
    }

    /**
     * Sets the queue that jobs are pushed to. Default {@code app}.
     *
     * @param queue 1 to 256 letters, digits, dots, underscores and hyphens
     * @throws NullPointerException if it is null
     * @throws IllegalArgumentException if it is anything else
     */
    public Builder queue(String queue) {
      Objects.requireNonNull(queue, "queue");
      if (!QUEUE.matcher(queue).matches()) {
        throw new IllegalArgumentException(
            "queue must be 1 to 256 of a-z, A-Z, 0-9, '.', '_' and '-': '"
                + ForeignText.shortened(queue)
                + "'");
      }
      this.queue = queue;
      return this;
    }

    /**
     * Sets how long the receiver of a job may take, before the server gives it to another. Default:
     * not sent, so that the server's own applies, which is 30 min.
     *
     * @param time 1 min to 24 h; a part of a second does not count
     * @throws NullPointerException if it is null
     * @throws IllegalArgumentException if it is out of range
     */
    public Builder reserveFor(Duration time) {
      Objects.requireNonNull(time, "reserveFor");
      if (time.compareTo(MIN_RESERVED) < 0 || time.compareTo(MAX_RESERVED) > 0) {
        throw new IllegalArgumentException("reserveFor must be from 1 min to 24 h: " + time);
      }
      reserveFor = time;
      return this;
    }

    /**
     * Sets the meters. They may be shared by clients. Default none.
     *
     * @throws NullPointerException if it is null
     */
    public Builder metrics(FaktoryMetrics metrics) {
      this.metrics = Objects.requireNonNull(metrics, "metrics");
      return this;
    }

    /**
     * Returns the client. It connects when the first batch is sent.
     *
     * @throws IllegalArgumentException if the overall timeout is less than that of an attempt
     * @throws IllegalStateException if the URL is {@code tcp+tls}, the JDK has no TLS context of
     *     its own, and none was given
     */
    public FaktoryClient build() {
      SenderSettings.overallTimeout(overallTimeout, attemptTimeout);
      String given = password;
      return new FaktoryClient(
          this, given == null ? server : server.withPassword(given), tlsContext());
    }

    private @Nullable SSLContext tlsContext() {
      if (!server.tls() || sslContext != null) {
        return sslContext;
      }
      try {
        return SSLContext.getDefault();
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("the JDK's TLS context cannot be made", e);
      }
    }

    @Override
    public String toString() {
      return "FaktoryClient.Builder[" + server + "]";
    }
  }
}
