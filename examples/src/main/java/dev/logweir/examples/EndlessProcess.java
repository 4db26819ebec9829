package dev.logweir.examples;

import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** A child that prints the same text over and over until it is destroyed, without a child. */
final class EndlessProcess extends Process {
  private final CompletableFuture<Process> exit = new CompletableFuture<>();
  private final byte[] text;

  EndlessProcess(byte[] text) {
    this.text = text;
  }

  @Override
  public InputStream getInputStream() {
    return new InputStream() {
      private int next;

      @Override
      public int read() {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] target, int offset, int length) {
        if (exit.isDone()) {
          return -1;
        }
        int count = Math.min(length, text.length - next);
        System.arraycopy(text, next, target, offset, count);
        next = (next + count) % text.length;
        return count;
      }
    };
  }

  @Override
  public InputStream getErrorStream() {
    return InputStream.nullInputStream();
  }

  @Override
  public OutputStream getOutputStream() {
    return OutputStream.nullOutputStream();
  }

  @Override
  public int waitFor() {
    return exit.thenApply(process -> 0).join();
  }

  @Override
  public int exitValue() {
    if (isAlive()) {
      throw new IllegalThreadStateException("not ended");
    }
    return 0;
  }

  @Override
  public void destroy() {
    exit.complete(this);
  }

  @Override
  public boolean isAlive() {
    return !exit.isDone();
  }

  @Override
  public CompletableFuture<Process> onExit() {
    return exit;
  }

  @Override
  public Stream<ProcessHandle> descendants() {
    return Stream.empty();
  }
}
