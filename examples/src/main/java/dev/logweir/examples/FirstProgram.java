package dev.logweir.examples;

import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.PumpResult;
import dev.logweir.SecretMasker;
import dev.logweir.WhenFull;
import java.nio.file.Path;
import java.util.List;

/** Runs a command and keeps its log in a file, without its secrets. */
public final class FirstProgram {
  public static void main(String[] command) throws Exception {
    FileSender sender = new FileSender(Path.of("job.log"));
    try (LogStreamer log =
        LogStreamer.builder(sender)
            .processor(SecretMasker.of(List.of("hunter2")))
            .whenFull(WhenFull.WAIT)
            .start()) {
      PumpResult read = log.pump(new ProcessBuilder(command).start());
      LogReport report = log.finish();
      System.out.println(read);
      System.out.println(report);
    }
  }
}
