package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The last lines of a job as its sinks got them. Guarded by its sink's lock. */
final class RecentLines {
  static final int MAX_LINES = 20;

  /** For a sink whose recent lines are not used: keeps none. */
  static final RecentLines NONE = new RecentLines(0);

  /** Header of the array. */
  private static final int OVERHEAD = 24;

  private final int maxBytes;
  private byte @Nullable [] kept;
  private int size;

  RecentLines(int maxBytes) {
    this.maxBytes = Math.max(0, maxBytes - OVERHEAD);
  }

  /**
   * Keeps the last lines of a batch, and of those kept before what still belongs to the last ones.
   * Where memory ends, it costs the lines that would have been kept.
   */
  void keep(LogBatch batch) {
    if (maxBytes == 0 || batch.lines.count() == 0) {
      return;
    }
    try {
      keepLast(batch);
    } catch (OutOfMemoryError ignored) {
      // The batch goes on without them.
    }
  }

  private void keepLast(LogBatch batch) {
    LineReader reader = batch.lastLines(MAX_LINES, maxBytes);
    if (batch.lines.count() >= MAX_LINES) {
      size = 0;
    }
    while (reader.next()) {
      int length = Math.min(reader.length(), maxBytes - 1);
      byte[] lines = makeRoom(length + 1);
      reader.read(lines, size, length);
      size += length;
      lines[size++] = '\n';
    }
    byte[] lines = kept;
    if (lines != null) {
      dropFirst(lines, Newlines.count(lines, 0, size) - MAX_LINES);
    }
  }

  /** Returns the lines kept and those of the batch being assembled, the last ones of both. */
  List<String> with(@Nullable LogBatch open) {
    List<String> lines = new ArrayList<>();
    byte[] bytes = kept;
    if (bytes != null) {
      int from = 0;
      while (from < size) {
        int end = Newlines.first(bytes, from, size);
        lines.add(new String(bytes, from, end - from, UTF_8));
        from = end + 1;
      }
    }
    if (maxBytes > 0 && open != null && open.lines.count() > 0) {
      LineReader reader = open.lastLines(MAX_LINES, maxBytes);
      while (reader.next()) {
        lines.add(reader.text());
      }
    }
    return List.copyOf(lines.subList(Math.max(0, lines.size() - MAX_LINES), lines.size()));
  }

  /**
   * Returns the bytes kept, with room for more: grown if they may, else without the oldest lines.
   */
  private byte[] makeRoom(int bytes) {
    byte[] lines = kept;
    int length = lines == null ? 0 : lines.length;
    if (length - size < bytes && length < maxBytes) {
      int needed = Math.max(size + bytes, Math.min(2 * length, maxBytes));
      byte[] larger = new byte[Math.min(needed, maxBytes)];
      if (lines != null) {
        System.arraycopy(lines, 0, larger, 0, size);
      }
      lines = larger;
      kept = larger;
    }
    byte[] room = Objects.requireNonNull(lines);
    while (room.length - size < bytes) {
      dropFirst(room, 1);
    }
    return room;
  }

  private void dropFirst(byte[] lines, int count) {
    int from = 0;
    for (int i = 0; i < count; i++) {
      from = Newlines.first(lines, from, size) + 1;
    }
    System.arraycopy(lines, from, lines, 0, size - from);
    size -= from;
  }
}
