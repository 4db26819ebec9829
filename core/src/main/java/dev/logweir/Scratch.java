package dev.logweir;

/** Room to build lines in, lent to one drain at a time. */
final class Scratch {
  /** How many processors a job may have. */
  static final int MAX_PROCESSORS = 8;

  /** The longest line of a job that sets no bound, and has a usual size. */
  static final int USUAL_LINE = 64 << 10;

  /** What processors may add to a full fragment before it is cut again. */
  static final int PREFIX_BYTES = 256;

  private final byte[][] rooms = new byte[MAX_PROCESSORS + 1][];
  private final LineRun run = new LineRun();
  private final StreamCursor[] cursors = {new StreamCursor(), new StreamCursor()};
  private final LogLine[] views = {new LogLine(LogSource.STDOUT), new LogLine(LogSource.STDERR)};
  private final int bytes;

  Scratch(int maxLineBytes) {
    bytes = maxLineBytes + PREFIX_BYTES;
  }

  /** Returns the bytes of all rooms of a scratch, headers included. */
  static long maxBytes(int maxLineBytes, int processors) {
    return (processors + 1L) * (maxLineBytes + PREFIX_BYTES + 24) + 704;
  }

  LineRun run() {
    return run;
  }

  StreamCursor cursor(LogSource source) {
    return cursors[source.ordinal()];
  }

  /** Returns what shows the lines of a run. */
  LogLine view(LogSource source) {
    return views[source.ordinal()];
  }

  /** Returns the room for the lines of one stage. */
  byte[] room(int stage) {
    byte[] room = rooms[stage];
    if (room == null) {
      room = new byte[bytes];
      rooms[stage] = room;
    }
    return room;
  }
}
