package dev.logweir.testkit;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * A child process for tests of a runner: it writes what the test gives, and ends when the test says
 * so. Its streams do not end with it, as with a child whose descendants hold them open.
 * Thread-safe.
 */
public final class FakeProcess extends Process {
  private final InputStream stdout;
  private final InputStream stderr;
  private final CompletableFuture<Integer> exit = new CompletableFuture<>();

  /**
   * Creates a process that runs.
   *
   * @param stdout what it writes to its standard output, and when
   * @param stderr the same for its standard error
   * @throws NullPointerException if an argument is null
   */
  public FakeProcess(InputStream stdout, InputStream stderr) {
    this.stdout = Objects.requireNonNull(stdout, "stdout");
    this.stderr = Objects.requireNonNull(stderr, "stderr");
  }

  /**
   * Creates a process that runs, has written this to its standard output, and writes nothing else.
   *
   * @throws NullPointerException if {@code stdout} is null
   */
  public static FakeProcess writing(byte[] stdout) {
    return new FakeProcess(new ByteArrayInputStream(stdout), InputStream.nullInputStream());
  }

  /** Ends the process, if it has not ended. */
  public void end(int exitValue) {
    exit.complete(exitValue);
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
    return OutputStream.nullOutputStream();
  }

  @Override
  public CompletableFuture<Process> onExit() {
    return exit.thenApply(value -> this);
  }

  @Override
  public boolean isAlive() {
    return !exit.isDone();
  }

  @Override
  public int waitFor() throws InterruptedException {
    try {
      return exit.get();
    } catch (ExecutionException e) {
      throw new AssertionError(e); // it is never completed so
    }
  }

  @Override
  public int exitValue() {
    if (isAlive()) {
      throw new IllegalThreadStateException("the process has not ended");
    }
    return exit.join();
  }

  /** Ends the process as SIGTERM does, with 143, if it has not ended. */
  @Override
  public void destroy() {
    end(143);
  }
}
