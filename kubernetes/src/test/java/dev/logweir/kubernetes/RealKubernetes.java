package dev.logweir.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * Kubernetes' own API server, and nodes whose containers are processes of this machine, by the
 * program that {@code .ci/kubernetes} builds. Each part is a process of its own, which a test may
 * kill.
 */
final class RealKubernetes implements AutoCloseable {
  private static final String PROGRAM = "kubernetes-server";
  private static final String HELP =
      "no API server here, so its tests are skipped: .ci/kubernetes builds one";

  private final Path program;
  private final Path folder;
  private Process server;

  private RealKubernetes(Path program, Path folder) {
    this.program = program;
    this.folder = folder;
  }

  /** Starts an API server; aborts the test if there is none. */
  static RealKubernetes start() throws IOException {
    Map<String, String> environment = System.getenv();
    String given = environment.get("LOGWEIR_KUBERNETES");
    String cache =
        environment.getOrDefault("XDG_CACHE_HOME", System.getProperty("user.home") + "/.cache");
    Path program =
        Path.of(given == null ? cache + "/logweir/kubernetes-1.36.3" : given).resolve(PROGRAM);
    if (!Files.isExecutable(program)) {
      assertThat(given).as("there is no program in LOGWEIR_KUBERNETES").isNull();
      System.err.println("*** " + HELP + " ***");
      return Assumptions.abort(HELP);
    }
    Path folder = Files.createTempDirectory("logweir-kubernetes-");
    RealKubernetes cluster = new RealKubernetes(program, folder);
    cluster.boot();
    return cluster;
  }

  /** Starts the API server, anew on the same port with what it knew if it ran before. */
  void boot() throws IOException {
    server = process("server", folder.toString());
  }

  /** Kills the API server, and with it the store. */
  void kill() {
    server.destroyForcibly().onExit().join();
  }

  /** Starts a node, which ends by itself with this JVM. */
  Process node(String name) throws IOException {
    return process("node", folder.toString(), name);
  }

  private Process process(String... arguments) throws IOException {
    Path errors = folder.resolve(arguments[0] + ".log");
    Process process =
        new ProcessBuilder(
                Stream.concat(Stream.of(program.toString()), Stream.of(arguments)).toList())
            .redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile()))
            .start();
    // Not closed: the program ends when its input does.
    BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
    String line = output.readLine();
    if (!"ready".equals(line)) {
      process.destroyForcibly();
      List<String> all = Files.readAllLines(errors);
      throw new AssertionError(
          String.join("\n", all.subList(Math.max(0, all.size() - 50), all.size())));
    }
    return process;
  }

  /** Returns a client of a user: admin, runner or nobody. */
  KubernetesClient client(String user) throws IOException {
    return new KubernetesClientBuilder()
        .withConfig(
            new ConfigBuilder()
                .withMasterUrl(url())
                .withOauthToken(token(user))
                .withCaCertFile(certificate().toString())
                .withNamespace("jobs")
                .withRequestTimeout(30_000)
                .withWebsocketPingInterval(0L)
                .build())
        .build();
  }

  String url() throws IOException {
    return Files.readString(folder.resolve("url"));
  }

  String token(String user) throws IOException {
    return Files.readString(folder.resolve(user + ".token"));
  }

  Path certificate() {
    return folder.resolve("certificates/apiserver.crt");
  }

  @Override
  public void close() throws IOException {
    kill();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }
}
