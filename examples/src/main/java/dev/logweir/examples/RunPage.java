package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A run shown on a page: one HTML file, and a stream of server-sent events for it.
 *
 * <p>Bound to loopback. Whoever else is on the machine, and a page of another site in the same
 * browser, do not know the random token in the path; the {@code Host} is looked at too, so that no
 * name that leads here is of use. The page takes nothing from elsewhere, and what a job printed
 * comes as JSON and is put into it as text.
 */
final class RunPage implements AutoCloseable {
  private static final long PERIOD_MILLIS = 500;
  private static final long LAST_WORD_MILLIS = 2_000;
  private static final int MAX_STREAMS = 16;
  private static final int TOKEN_BYTES = 16;
  private static final Pattern JOB = Pattern.compile("job=([0-9]{1,18})");
  private static final Pattern SCRIPT = block("script");
  private static final Pattern STYLE = block("style");

  private final RunState state;
  private final String token;
  private final byte[] html;
  private final String policy;
  private final HttpServer server;
  private final Set<String> hosts;
  private final Semaphore streams = new Semaphore(MAX_STREAMS);
  private final CountDownLatch over = new CountDownLatch(1);
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "page");
            thread.setDaemon(true);
            return thread;
          });

  private RunPage(RunState state, int port) throws IOException {
    this.state = state;
    byte[] random = new byte[TOKEN_BYTES];
    new SecureRandom().nextBytes(random);
    token = HexFormat.of().formatHex(random);
    html = resource("page.html");
    String text = new String(html, UTF_8);
    policy =
        "default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
            + "frame-ancestors 'none'; script-src '"
            + hash(SCRIPT, text)
            + "'; style-src '"
            + hash(STYLE, text)
            + "'";
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    int bound = server.getAddress().getPort();
    hosts = Set.of("127.0.0.1:" + bound, "localhost:" + bound, "[::1]:" + bound);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
  }

  /**
   * Starts one.
   *
   * @param port 0 for a free one
   * @throws IOException if the port is not to be had
   */
  static RunPage start(RunState state, int port) throws IOException {
    RunPage page = new RunPage(state, port);
    page.server.start();
    return page;
  }

  /** The address to open in a browser. */
  URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/" + token + "/");
  }

  /** Sends the last state, as the run is over, and stops. */
  @Override
  public void close() {
    if (over.getCount() == 0) {
      return;
    }
    over.countDown();
    try {
      boolean unused = streams.tryAcquire(MAX_STREAMS, LAST_WORD_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    server.stop(0);
    threads.shutdownNow();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      Headers headers = exchange.getResponseHeaders();
      headers.set("Cache-Control", "no-store");
      headers.set("X-Content-Type-Options", "nosniff");
      headers.set("Referrer-Policy", "no-referrer");
      String rest = pathBehindToken(exchange);
      if (rest == null) {
        exchange.sendResponseHeaders(404, -1);
      } else if (!exchange.getRequestMethod().equals("GET")) {
        headers.set("Allow", "GET");
        exchange.sendResponseHeaders(405, -1);
      } else if (rest.isEmpty()) {
        headers.set("Content-Type", "text/html; charset=utf-8");
        headers.set("Content-Security-Policy", policy);
        exchange.sendResponseHeaders(200, html.length);
        exchange.getResponseBody().write(html);
      } else if (rest.equals("events")) {
        stream(exchange);
      } else {
        exchange.sendResponseHeaders(404, -1);
      }
    }
  }

  /** Returns what stands behind {@code /TOKEN/}; null if that is wrong, or the host is. */
  private @Nullable String pathBehindToken(HttpExchange exchange) {
    String host = exchange.getRequestHeaders().getFirst("Host");
    String path = exchange.getRequestURI().getPath();
    int end = 1 + token.length();
    if (host == null || !hosts.contains(host) || path.length() <= end || path.charAt(end) != '/') {
      return null;
    }
    boolean right =
        MessageDigest.isEqual(path.substring(1, end).getBytes(UTF_8), token.getBytes(UTF_8));
    return right ? path.substring(end + 1) : null;
  }

  private void stream(HttpExchange exchange) throws IOException {
    if (!streams.tryAcquire()) {
      exchange.getResponseHeaders().set("Retry-After", "5");
      exchange.sendResponseHeaders(503, -1);
      return;
    }
    try {
      exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
      exchange.sendResponseHeaders(200, 0);
      writeEvents(exchange.getResponseBody(), job(exchange.getRequestURI()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      streams.release();
    }
  }

  private void writeEvents(OutputStream stream, OptionalLong job)
      throws IOException, InterruptedException {
    try (OutputStream out = stream) {
      long next = 0;
      boolean last;
      do {
        last = over.await(PERIOD_MILLIS, TimeUnit.MILLISECONDS);
        if (last) {
          for (String end : state.ends()) {
            event(out, "end", end);
          }
        }
        event(out, "state", state.json(last));
        if (job.isPresent()) {
          RunState.LogPart part = state.log(job.getAsLong(), next);
          next = part.next();
          event(out, "log", part.json());
        }
        out.flush();
      } while (!last);
    }
  }

  private static OptionalLong job(URI uri) {
    Matcher query = JOB.matcher(String.valueOf(uri.getRawQuery()));
    return query.matches() ? OptionalLong.of(Long.parseLong(query.group(1))) : OptionalLong.empty();
  }

  /** JSON has no line end in it, which would end the event. */
  private static void event(OutputStream out, String name, String json) throws IOException {
    out.write(("event: " + name + "\ndata: " + json + "\n\n").getBytes(UTF_8));
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = RunPage.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the jar has no " + name);
      }
      return in.readAllBytes();
    }
  }

  private static Pattern block(String element) {
    return Pattern.compile("<" + element + ">(.*?)</" + element + ">", Pattern.DOTALL);
  }

  private static String hash(Pattern block, String text) {
    Matcher matcher = block.matcher(text);
    if (!matcher.find()) {
      throw new IllegalStateException("the page lacks " + block);
    }
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(matcher.group(1).getBytes(UTF_8));
      return "sha256-" + Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
