package dev.logweir.opslevel;

import dev.logweir.JobOutcome;
import dev.logweir.sender.Attempts;
import dev.logweir.sender.OutcomeJson;
import dev.logweir.sender.Pauses;
import dev.logweir.sender.SenderSettings;
import java.net.ProxySelector;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * The connection of a runner to OpsLevel's API, shared by all its jobs: connections, the policy of
 * retries, the token.
 *
 * <p>Thread-safe. Owns at most one thread, a daemon for deadlines that ends about a minute after
 * the last request, and up to 1,024 connections, closed when they were idle for 30 s to a minute.
 * Close it after the jobs.
 *
 * <pre>{@code
 * try (OpsLevelClient client = OpsLevelClient.fromEnvironment().runnerId(runnerId).build();
 *     LogStreamer log = LogStreamer.builder(client.sender(runnerJobId)).start()) {
 *   exec(job, log.stdout(), log.stderr());
 * }
 * }</pre>
 */
public final class OpsLevelClient implements AutoCloseable {
  /** The first that is set wins, as in OpsLevel's runner. */
  private static final List<String> URL_VARIABLES = List.of("OPSLEVEL_API_URL", "OPSLEVEL_APP_URL");

  private static final int MAX_ID_CHARS = 1_024;

  private final RequestBodies bodies;
  private final HttpTransport transport;
  private final Circuit circuit;
  private final Attempts attempts;
  private final OpsLevelMetrics metrics;
  private final Clock clock;
  private final ApiUrl apiUrl;

  private OpsLevelClient(
      Builder settings, @Nullable HttpProxy proxy, String token, String runnerId) {
    apiUrl = settings.apiUrl;
    clock = settings.clock;
    bodies = new RequestBodies(runnerId);
    transport = new HttpTransport(settings, proxy, token);
    circuit = new Circuit(settings);
    metrics = settings.metrics;
    attempts =
        Attempts.builder(OpsLevelClient.class, "OpsLevel")
            .attempts(settings.attempts)
            .attemptTimeout(settings.attemptTimeout)
            .overallTimeout(settings.overallTimeout)
            .gate(circuit)
            .listener(new ApiListener(metrics))
            .results(common -> ApiResult.valueOf(common.name()))
            .pauses(settings.pauses)
            .nanoTime(settings.nanoTime)
            .build();
    metrics.attach(circuit);
  }

  /** Returns a builder with the defaults; a token and a runner's id must be given. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Returns a builder with the values of {@code OPSLEVEL_API_URL}, or else of {@code
   * OPSLEVEL_APP_URL}, if one is set and not empty, and of {@code OPSLEVEL_API_TOKEN}.
   *
   * <p>A client that it builds uses the proxy of its environment, unless one is given: that of the
   * JDK's settings ({@code https.proxyHost}, {@code https.proxyPort}, {@code http.nonProxyHosts};
   * {@code http.proxyHost} for an http URL), else that of {@code HTTPS_PROXY} ({@code HTTP_PROXY}
   * for an http URL) or {@code ALL_PROXY}, with the exceptions of {@code NO_PROXY}, all in lower
   * case too. Loopback is reached without a proxy. The proxy found is logged when the client is
   * built.
   *
   * @throws IllegalArgumentException if the token is not set, or one of them would be refused by
   *     the builder; the text names the variable
   */
  public static Builder fromEnvironment() {
    return fromEnvironment(System::getenv);
  }

  static Builder fromEnvironment(UnaryOperator<@Nullable String> environment) {
    Builder builder = new Builder();
    builder.environment = environment;
    for (String name : URL_VARIABLES) {
      String url = environment.apply(name);
      if (url != null && !url.isEmpty()) {
        builder.apiUrl = ApiUrl.parse(name, url);
        break;
      }
    }
    String token = environment.apply("OPSLEVEL_API_TOKEN");
    if (token == null || token.isEmpty()) {
      throw new IllegalArgumentException("OPSLEVEL_API_TOKEN must be set");
    }
    builder.token = Builder.checkToken("OPSLEVEL_API_TOKEN", token);
    return builder;
  }

  /**
   * Returns a sender for one job.
   *
   * @param runnerJobId the job's id as the API gave it, 1 to 1,024 characters
   * @throws NullPointerException if it is null
   * @throws IllegalArgumentException if it is blank, too long, or has a line break or another
   *     control character in it, or half of a surrogate pair
   */
  public OpsLevelSender sender(String runnerJobId) {
    return new OpsLevelSender(this, SenderSettings.id("runnerJobId", runnerJobId, MAX_ID_CHARS));
  }

  /**
   * Ends the calls under way, in a pause too, closes all connections and ends the thread. Later
   * sends fail. Idempotent.
   */
  @Override
  public void close() {
    attempts.close();
    transport.close();
    metrics.detach(circuit);
  }

  @Override
  public String toString() {
    return "OpsLevelClient[" + apiUrl + "]";
  }

  HttpTransport transport() {
    return transport;
  }

  Circuit circuit() {
    return circuit;
  }

  Attempts attempts() {
    return attempts;
  }

  byte[] appendHead(String jobId) {
    return bodies.appendHead(jobId, clock.instant());
  }

  byte[] outcomeBody(String jobId, JobOutcome outcome, Map<String, String> variables) {
    return bodies.outcome(jobId, new OutcomeJson(outcome, variables));
  }

  /** Collects the settings of a client and checks each when it is given. Not thread-safe. */
  public static final class Builder {
    /**
     * The API's address if none is given, as that of OpsLevel's runner. OpsLevel's Go client
     * library has {@code https://app.opslevel.com} instead.
     */
    public static final String DEFAULT_API_URL = "https://api.opslevel.com";

    private static final int MAX_TOKEN_CHARS = 8 * 1024;
    private static final int MAX_SUFFIX_CHARS = 256;

    ApiUrl apiUrl = ApiUrl.parse("apiUrl", DEFAULT_API_URL);
    Duration connectTimeout = Duration.ofSeconds(10);
    Duration attemptTimeout = Duration.ofSeconds(60);
    Duration overallTimeout = Duration.ofMinutes(10);
    int attempts = 5;

    /** As many as there are sends at a time on an engine with its defaults. */
    int maxConnections = 1_024;

    /** How much longer than an attempt a socket waits by itself: the timer must come first. */
    Duration socketPatience = Duration.ZERO;

    /** How long a new connection is watched after one was lost. */
    Duration lookTime = Duration.ofMillis(500);

    @Nullable SSLContext sslContext;
    @Nullable HttpProxy proxy;

    /** Where to look for a proxy if none is given; null for nowhere. */
    @Nullable UnaryOperator<@Nullable String> environment;

    Supplier<@Nullable ProxySelector> proxySelector = ProxySelector::getDefault;
    OpsLevelMetrics metrics = OpsLevelMetrics.none();
    Clock clock = Clock.systemUTC();
    LongSupplier nanoTime = System::nanoTime;
    Pauses pauses = Pauses.OF_THE_CALL;
    Supplier<DeadlineTimer> timers = DeadlineTimer::onOneThread;

    private boolean plainHttp;
    private @Nullable String token;
    private @Nullable String runnerId;
    private String userAgentSuffix = "";

    private Builder() {}

    /**
     * Sets the base URL of the API, to which {@code /graphql} is added if it does not end so.
     * Default {@value #DEFAULT_API_URL}.
     *
     * @throws NullPointerException if it is null
     * @throws IllegalArgumentException if it is no URL, has another scheme than https or http, no
     *     host, user info, a query, a fragment, or a path with an empty segment or one of dots
     */
    public Builder apiUrl(String apiUrl) {
      this.apiUrl = ApiUrl.parse("apiUrl", Objects.requireNonNull(apiUrl, "apiUrl"));
      return this;
    }

    /**
     * Allows http to a host, or through a proxy, other than loopback, which sends the token
     * unencrypted. Default false.
     */
    public Builder allowPlainHttp(boolean allowed) {
      plainHttp = allowed;
      return this;
    }

    /**
     * Sets the API token. Required. The library never logs it or puts it into a message.
     *
     * @param token 1 to 8,192 characters of printable ASCII without spaces
     * @throws NullPointerException if it is null
     * @throws IllegalArgumentException if it is anything else
     */
    public Builder token(String token) {
      this.token = checkToken("token", Objects.requireNonNull(token, "token"));
      return this;
    }

    /**
     * Sets the runner's id. Required.
     *
     * @param runnerId 1 to 1,024 characters
     * @throws NullPointerException if it is null
     * @throws IllegalArgumentException if it is blank, too long, or has a line break or another
     *     control character in it, or half of a surrogate pair
     */
    public Builder runnerId(String runnerId) {
      this.runnerId = SenderSettings.id("runnerId", runnerId, MAX_ID_CHARS);
      return this;
    }

    /**
     * Sets how long connecting may take, TLS included. Default 10 s.
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
     * answer. Default 60 s. The time left for a job's end bounds it too.
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
     * Sets how long all attempts at one batch, in parts if it is too large, and the pauses between
     * them may take together, excluding the wait for an API that is away. Default 10 min. At least
     * the time of one attempt.
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
     * Sets how often a request is tried. Default 5. Between attempts is a pause of about 1 s,
     * doubled each time up to about 30 s, or as long as the server asks for, at most 2 min. The
     * sender waits for an API that is away (no connection, no answer) whatever the number; 1
     * disables retries and that wait.
     *
     * @param attempts 1 to 100
     * @throws IllegalArgumentException if it is out of range
     */
    public Builder attempts(int attempts) {
      this.attempts = SenderSettings.attempts(attempts);
      return this;
    }

    /**
     * Sets what the header {@code User-Agent} has after {@code logweir}. Default nothing.
     *
     * @param suffix up to 256 characters of printable ASCII, no space at either end
     * @throws NullPointerException if it is null
     * @throws IllegalArgumentException if it is too long, has a line break or other character in
     *     it, or a space at an end
     */
    public Builder userAgentSuffix(String suffix) {
      SenderSettings.length("userAgentSuffix", suffix, MAX_SUFFIX_CHARS);
      int index = SenderSettings.firstUnprintable(suffix, ' ');
      if (index >= 0) {
        throw new IllegalArgumentException(
            "userAgentSuffix must be printable ASCII: U+%04X at %d"
                .formatted((int) suffix.charAt(index), index));
      }
      if (!suffix.equals(suffix.strip())) {
        throw new IllegalArgumentException(
            "userAgentSuffix must have no space at an end: '" + suffix + "'");
      }
      userAgentSuffix = suffix;
      return this;
    }

    /**
     * Sets the TLS context, for instance one with a trust store of its own or a client certificate.
     * Default {@link SSLContext#getDefault()} as it is when a connection is made, and so what the
     * properties {@code javax.net.ssl.trustStore} and {@code javax.net.ssl.keyStore} name. Host
     * names are checked in any case.
     *
     * @throws NullPointerException if it is null
     */
    public Builder sslContext(SSLContext sslContext) {
      this.sslContext = Objects.requireNonNull(sslContext, "sslContext");
      return this;
    }

    /**
     * Sets an HTTP proxy, such as {@code http://proxy:3128}, or {@code http://user:password@proxy}
     * for one that asks for a password (by the scheme Basic). Default none; {@link
     * OpsLevelClient#fromEnvironment()} looks for one.
     *
     * @throws NullPointerException if it is null
     * @throws IllegalArgumentException if it is no URL, has another scheme than https or http, no
     *     host, a path, a query or a fragment
     */
    public Builder proxy(String proxy) {
      this.proxy = HttpProxy.parse("proxy", Objects.requireNonNull(proxy, "proxy"));
      return this;
    }

    /**
     * Sets the meters. They may be shared by clients. Default none.
     *
     * @throws NullPointerException if it is null
     */
    public Builder metrics(OpsLevelMetrics metrics) {
      this.metrics = Objects.requireNonNull(metrics, "metrics");
      return this;
    }

    /**
     * Returns the client. It connects when the first request is sent.
     *
     * @throws IllegalArgumentException if the token or the runner's id was not given, the overall
     *     timeout is less than that of an attempt, or the URL is http to a host or through a proxy
     *     other than loopback and that is not allowed
     */
    public OpsLevelClient build() {
      String givenToken = token;
      if (givenToken == null) {
        throw new IllegalArgumentException("token must be set");
      }
      String givenRunnerId = runnerId;
      if (givenRunnerId == null) {
        throw new IllegalArgumentException("runnerId must be set");
      }
      if (!plainHttp && !apiUrl.isEncryptedOrLocal()) {
        throw new IllegalArgumentException(
            "apiUrl must be https, or http to loopback, unless plain http is allowed: " + apiUrl);
      }
      HttpProxy via = proxy;
      if (via == null && environment != null) {
        via = ProxySettings.find(apiUrl, proxySelector.get(), environment);
      }
      if (!plainHttp && via != null && !apiUrl.isEncrypted() && !via.url().isLocal()) {
        throw new IllegalArgumentException(
            "apiUrl must be https behind a proxy other than loopback, unless plain http is allowed: "
                + apiUrl);
      }
      SenderSettings.overallTimeout(overallTimeout, attemptTimeout);
      return new OpsLevelClient(this, via, givenToken, givenRunnerId);
    }

    String userAgent() {
      return userAgentSuffix.isEmpty() ? "logweir" : "logweir " + userAgentSuffix;
    }

    @Override
    public String toString() {
      return "OpsLevelClient.Builder[" + apiUrl + "]";
    }

    static String checkToken(String name, String token) {
      if (token.isBlank()) {
        throw new IllegalArgumentException(name + " must not be blank");
      }
      SenderSettings.length(name, token, MAX_TOKEN_CHARS);
      int index = SenderSettings.firstUnprintable(token, '!');
      if (index >= 0) {
        throw new IllegalArgumentException(
            name
                + " must be one line of printable ASCII without spaces: another character at "
                + index);
      }
      return token;
    }
  }
}
