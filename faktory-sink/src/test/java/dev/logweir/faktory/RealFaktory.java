package dev.logweir.faktory;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.testkit.Eventually;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * The released Faktory server, on loopback, with its Redis. Where there is none, tests are skipped
 * loudly, and fail if {@code CI} is {@code true}.
 */
final class RealFaktory implements TestServer {
  private static final String HELP =
      "NO FAKTORY SERVER, so its tests are skipped: run .ci/faktory, which builds one";

  private final Path programs;
  private final Path folder;
  private final String password;
  private final boolean tls;
  private int port;
  private Process process;
  private ProcessHandle redis;

  private RealFaktory(Path programs, Path folder, String password, boolean tls) {
    this.programs = programs;
    this.folder = folder;
    this.password = password;
    this.tls = tls;
  }

  static RealFaktory start() throws IOException {
    return start("");
  }

  /** Starts a server that wants a password, or none if it is empty. */
  static RealFaktory start(String password) throws IOException {
    return start(password, null, null);
  }

  /** Starts a server that speaks TLS, with a key and a certificate in PEM. */
  static RealFaktory start(String password, String key, String certificate) throws IOException {
    Path programs = programs();
    if (programs == null) {
      return Assumptions.abort(HELP);
    }
    Path folder = Files.createTempDirectory("logweir-faktory-");
    if (key != null) {
      Files.writeString(folder.resolve("private.key.pem"), key);
      Files.writeString(folder.resolve("public.cert.pem"), certificate);
    }
    RealFaktory server = new RealFaktory(programs, folder, password, key != null);
    server.boot();
    return server;
  }

  /** Whether there is one; says so if not. */
  static boolean isThere() {
    return programs() != null;
  }

  private static Path programs() {
    Map<String, String> environment = System.getenv();
    String cache =
        environment.getOrDefault("XDG_CACHE_HOME", System.getProperty("user.home") + "/.cache");
    Path folder =
        Path.of(environment.getOrDefault("LOGWEIR_FAKTORY", cache + "/logweir/faktory-1.9.3"));
    if (Files.isExecutable(folder.resolve("faktory"))
        && Files.isExecutable(folder.resolve("redis-server"))) {
      return folder;
    }
    if ("true".equals(environment.get("CI"))) {
      throw new AssertionError("no Faktory server in " + folder + ": .ci/faktory builds one");
    }
    System.err.println("*** " + HELP + " ***");
    return null;
  }

  /** Starts the server, on the same port if it ran before, with the data that it has. */
  void boot() throws IOException {
    boolean again = port != 0;
    for (int tries = 0; ; tries++) {
      port = again ? port : freePort();
      process = process();
      Eventually.until(() -> !process.isAlive() || answers());
      if (process.isAlive()) {
        redis = process.children().findFirst().orElseThrow();
        return;
      }
      if (again || tries == 3) {
        throw new AssertionError(Files.readString(folder.resolve("faktory.log")));
      }
    }
  }

  private Process process() throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            programs.resolve("faktory").toString(),
            "-b",
            "127.0.0.1:" + port,
            "-w",
            ":0",
            "-e",
            "development",
            "-d",
            folder.resolve("db").toString(),
            "-c",
            folder.toString());
    Map<String, String> environment = builder.environment();
    environment.put("PATH", programs + ":" + environment.get("PATH"));
    environment.remove("FAKTORY_PASSWORD");
    if (!password.isEmpty()) {
      environment.put("FAKTORY_PASSWORD", password);
    }
    return builder
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("faktory.log").toFile()))
        .start();
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public String url() {
    return (tls ? "tcp+tls" : "tcp") + "://127.0.0.1:" + port;
  }

  @Override
  public String password() {
    return password;
  }

  /** Ends the server as a crash would; its Redis ends by itself and keeps its data. */
  void kill() {
    process.destroyForcibly();
    awaitEnd();
  }

  /**
   * Ends Redis as a crash would, and with it the server. All that the server has accepted is saved
   * before; what Redis loses otherwise, the server has lost.
   */
  void killRedis() throws IOException {
    try (SocketChannel channel = SocketChannel.open(redisAddress())) {
      // A push that Redis took after it has saved would be confirmed and lost. A stopped server is
      // no help: what it has sent waits in its sockets.
      tellRedis(channel, "CLIENT PAUSE 600000 WRITE");
      tellRedis(channel, "SAVE");
      redis.destroyForcibly();
    }
    awaitEnd();
  }

  private static void tellRedis(SocketChannel channel, String command) throws IOException {
    channel.write(ByteBuffer.wrap((command + "\r\n").getBytes(US_ASCII)));
    ByteBuffer answer = ByteBuffer.allocate(64);
    channel.read(answer);
    assertThat(new String(answer.array(), 0, answer.position(), US_ASCII))
        .as(command)
        .isEqualTo("+OK\r\n");
  }

  /** Stops or continues the server, as {@code kill -STOP} and {@code kill -CONT} do. */
  void signal(String name) throws IOException {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
    try {
      assertThat(kill.waitFor()).isZero();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() throws IOException {
    if (process.isAlive()) {
      signal("CONT");
      process.destroy();
      awaitEnd();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  private void awaitEnd() {
    try {
      if (!process.waitFor(1, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        throw new AssertionError("the server does not end");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    Eventually.until(() -> !redisAnswers());
  }

  private boolean answers() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
      if (tls) {
        return true;
      }
      socket.setSoTimeout(10_000);
      return socket.getInputStream().read() == '+';
    } catch (IOException e) {
      return false;
    }
  }

  private boolean redisAnswers() {
    try (SocketChannel channel = SocketChannel.open(redisAddress())) {
      return channel.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  private UnixDomainSocketAddress redisAddress() {
    return UnixDomainSocketAddress.of(folder.resolve("db").resolve("redis.sock"));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
