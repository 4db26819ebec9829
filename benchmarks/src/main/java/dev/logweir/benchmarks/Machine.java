package dev.logweir.benchmarks;

import com.fasterxml.jackson.core.JsonGenerator;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** What a benchmark ran on. */
final class Machine {
  private Machine() {}

  /** Returns two lines for a person. */
  static String describe() {
    return String.format(
        Locale.ROOT,
        "Machine: %s, %d processors, %,d MiB, %s %s %s.%nJVM: %s %s.%n",
        processor(),
        Runtime.getRuntime().availableProcessors(),
        memory() >> 20,
        System.getProperty("os.name"),
        System.getProperty("os.version"),
        System.getProperty("os.arch"),
        System.getProperty("java.vm.name"),
        System.getProperty("java.vm.version"));
  }

  /** Writes it as a field of the object under way. */
  static void write(JsonGenerator json) throws IOException {
    json.writeObjectFieldStart("machine");
    json.writeStringField("processor", processor());
    json.writeNumberField("processors", Runtime.getRuntime().availableProcessors());
    json.writeNumberField("memoryBytes", memory());
    json.writeStringField(
        "os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    json.writeStringField(
        "jvm", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
    json.writeEndObject();
  }

  private static long memory() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
  }

  private static String processor() {
    try {
      return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("unknown processor");
    } catch (IOException e) {
      return "unknown processor";
    }
  }
}
