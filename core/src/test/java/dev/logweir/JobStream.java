package dev.logweir;

import java.io.ByteArrayOutputStream;
import java.util.NavigableSet;
import java.util.TreeSet;

/** What a job wrote to one stream, as the test remembers it. */
final class JobStream {
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final NavigableSet<Integer> begins = new TreeSet<>();
  private byte[] bytes;
  boolean closed;
  long lateBytes;
  long lateLines;

  void write(byte[] more) {
    if (closed) {
      lateBytes += more.length;
      lateLines += Newlines.count(more, 0, more.length);
    } else {
      begins.add(written.size());
      written.writeBytes(more);
      bytes = null;
    }
  }

  byte[] bytes() {
    if (bytes == null) {
      bytes = written.toByteArray();
    }
    return bytes;
  }

  /** Whether a write began between two places, both included. */
  boolean beganWithin(int from, int to) {
    Integer begin = begins.ceiling(from);
    return begin != null && begin <= to;
  }

  int length() {
    return written.size();
  }

  boolean hasOpenLine() {
    byte[] all = bytes();
    return all.length > 0 && all[all.length - 1] != '\n';
  }

  /** Returns the amount as it is to be counted. */
  Tally accepted() {
    byte[] all = bytes();
    long lines = Newlines.count(all, 0, all.length);
    lines += closed && hasOpenLine() ? 1 : 0;
    return new Tally(lines + lateLines, all.length + lateBytes);
  }
}
