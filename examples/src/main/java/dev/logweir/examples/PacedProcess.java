package dev.logweir.examples;

import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** A process whose output is read at a pace. */
final class PacedProcess extends Process {
  private final Process process;
  private final InputStream stdout;
  private final InputStream stderr;

  PacedProcess(Process process, Pace pace) {
    this.process = process;
    stdout = pace.slow(process.getInputStream());
    stderr = pace.slow(process.getErrorStream());
  }

  @Override
  public InputStream getInputStream() {
    return stdout;
  }

  @Override
  public InputStream getErrorStream() {
    return stderr;
  }

  @Override
  public OutputStream getOutputStream() {
    return process.getOutputStream();
  }

  @Override
  public int waitFor() throws InterruptedException {
    return process.waitFor();
  }

  @Override
  public int exitValue() {
    return process.exitValue();
  }

  @Override
  public void destroy() {
    process.destroy();
  }

  @Override
  public boolean isAlive() {
    return process.isAlive();
  }

  @Override
  public CompletableFuture<Process> onExit() {
    return process.onExit();
  }

  @Override
  public ProcessHandle toHandle() {
    return process.toHandle();
  }

  @Override
  public Stream<ProcessHandle> descendants() {
    return process.descendants();
  }
}
