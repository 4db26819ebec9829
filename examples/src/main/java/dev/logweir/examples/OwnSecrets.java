package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the runner must know and its jobs must not: token, URLs and passwords of the servers that it
 * ships to. Jobs do not inherit them, and where one gets hold of them all the same, such as by
 * {@code /proc}, they are masked.
 */
final class OwnSecrets {
  private static final String PROVIDER = "FAKTORY_PROVIDER";
  private static final List<String> PREFIXES = List.of("OPSLEVEL_", "FAKTORY_");

  /** Shorter ones stand in many a variable by chance. */
  private static final int MIN_SOUGHT = 6;

  private final Set<String> names = new HashSet<>();
  private final List<String> values = new ArrayList<>();

  private OwnSecrets() {}

  /** Returns those of an environment. */
  static OwnSecrets of(Map<String, String> environment) {
    OwnSecrets own = new OwnSecrets();
    String provider = environment.get(PROVIDER);
    for (Map.Entry<String, String> variable : environment.entrySet()) {
      String name = variable.getKey();
      if (name.equals(provider) || PREFIXES.stream().anyMatch(name::startsWith)) {
        own.names.add(name);
        own.addUserInfo(variable.getValue());
      }
    }
    own.add(environment.get(RunnerOptions.TOKEN));
    return own;
  }

  private void addUserInfo(String url) {
    int begin = url.indexOf("://");
    int end = url.lastIndexOf('@');
    if (begin < 0 || end < begin + 3) {
      return;
    }
    add(url);
    String userInfo = url.substring(begin + 3, end);
    String password = userInfo.substring(userInfo.indexOf(':') + 1);
    add(password);
    try {
      add(URLDecoder.decode(password.replace("+", "%2B"), UTF_8));
    } catch (IllegalArgumentException ignored) {
      // Not percent-encoded: it is known as it is.
    }
  }

  private void add(@Nullable String value) {
    if (value != null && !value.isBlank() && !values.contains(value)) {
      values.add(value);
    }
  }

  /** What is to be masked, whatever a job prints. */
  List<String> values() {
    return List.copyOf(values);
  }

  /** Takes them out of the environment of a job, whatever the variables are called. */
  void removeFrom(Map<String, String> environment) {
    environment.keySet().removeAll(names);
    environment
        .values()
        .removeIf(
            value ->
                values.stream().anyMatch(own -> own.length() >= MIN_SOUGHT && value.contains(own)));
  }
}
