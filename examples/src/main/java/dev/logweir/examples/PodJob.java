package dev.logweir.examples;

import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A job as OpsLevel's queue gives it, from a file in JSON or YAML.
 *
 * @param number for the job's id
 * @param image of the container
 * @param commands one after the other; the first that fails ends the job
 * @param environment of the container
 * @param secrets the values of sensitive variables
 */
record PodJob(
    long number,
    String image,
    List<String> commands,
    Map<String, String> environment,
    List<String> secrets) {
  /**
   * Reads a file: {@code id} a number, {@code image}, {@code commands} a list, {@code variables} a
   * list of {@code key}, {@code value} and {@code sensitive}.
   *
   * @throws IllegalArgumentException if it is not such a file; says what is wrong
   */
  static PodJob read(Path file) throws IOException {
    Object content;
    try {
      content = new KubernetesSerialization().unmarshal(Files.readString(file), Object.class);
    } catch (RuntimeException e) {
      throw new IllegalArgumentException(file + ": neither JSON nor YAML", e);
    }
    if (!(content instanceof Map<?, ?> job) || !(job.get("id") instanceof Number id)) {
      throw new IllegalArgumentException(file + ": id must be a number");
    }
    Map<String, String> environment = new LinkedHashMap<>();
    List<String> secrets = new ArrayList<>();
    for (Object each : list(file, job, "variables")) {
      if (!(each instanceof Map<?, ?> variable) || !(variable.get("key") instanceof String key)) {
        throw new IllegalArgumentException(file + ": a variable must have a key");
      }
      String value = text(variable.get("value"));
      environment.put(key, value);
      if (Boolean.TRUE.equals(variable.get("sensitive")) && !value.isEmpty()) {
        secrets.add(value);
      }
    }
    List<String> commands = list(file, job, "commands").stream().map(PodJob::text).toList();
    Object image = job.get("image");
    return new PodJob(
        id.longValue(),
        image == null ? "alpine:latest" : text(image),
        commands,
        environment,
        secrets);
  }

  private static List<?> list(Path file, Map<?, ?> job, String name) {
    Object value = job.get(name);
    if (value == null) {
      return List.of();
    }
    if (value instanceof List<?> list) {
      return list;
    }
    throw new IllegalArgumentException(file + ": " + name + " must be a list");
  }

  private static String text(@Nullable Object value) {
    return value == null ? "" : value.toString();
  }

  /** Returns the script that the origin makes of the commands, for a shell with {@code -e}. */
  String script(String workingDirectory) {
    List<String> all = new ArrayList<>();
    String folder = workingDirectory + "/" + number;
    all.add("mkdir -p " + folder);
    all.add("cd " + folder);
    all.add("set -xv");
    all.addAll(commands);
    return String.join(";\n", all);
  }
}
