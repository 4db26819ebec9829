package dev.logweir.faktory;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The name of the host that this program runs on, as the server's own pages show it. */
final class HostName {
  private static final String OF_THE_KERNEL = "/proc/sys/kernel/hostname";
  private static final String UNKNOWN = "unknown";

  private HostName() {}

  /** Found once: the last way of it asks the system's resolver, which may take its time. */
  private static final class Its {
    private static final String NAME = find(Path.of(OF_THE_KERNEL), System::getenv);
  }

  static String get() {
    return Its.NAME;
  }

  static String find(Path kernel, UnaryOperator<@Nullable String> environment) {
    String name = read(kernel);
    for (String variable : new String[] {"HOSTNAME", "COMPUTERNAME"}) {
      if (name.isEmpty()) {
        String value = environment.apply(variable);
        name = value == null ? "" : value.strip();
      }
    }
    return name.isEmpty() ? ask() : name;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException | SecurityException ignored) {
      return ""; // not Linux
    }
  }

  private static String ask() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException ignored) {
      return UNKNOWN;
    }
  }
}
