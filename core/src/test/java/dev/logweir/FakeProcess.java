package dev.logweir;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.CompletableFuture;

/** A child process whose streams and end a test decides. */
final class FakeProcess extends Process {
  private final InputStream output;
  private final InputStream errors;
  private final CompletableFuture<Process> exit = new CompletableFuture<>();

  FakeProcess(InputStream output, InputStream errors) {
    this.output = output;
    this.errors = errors;
  }

  static FakeProcess writing(byte[] output) {
    return new FakeProcess(new ByteArrayInputStream(output), InputStream.nullInputStream());
  }

  void end() {
    exit.complete(this);
  }

  @Override
  public InputStream getInputStream() {
    return output;
  }

  @Override
  public InputStream getErrorStream() {
    return errors;
  }

  @Override
  public OutputStream getOutputStream() {
    return OutputStream.nullOutputStream();
  }

  @Override
  public CompletableFuture<Process> onExit() {
    return exit.copy();
  }

  @Override
  public int waitFor() {
    exit.join();
    return 0;
  }

  @Override
  public int exitValue() {
    return 0;
  }

  @Override
  public void destroy() {
    end();
  }
}
