package dev.logweir;

import java.io.ByteArrayOutputStream;

/**
 * What a job writes at once: lines of a length, and a beginning of one. The bytes depend on their
 * place in the stream, so that none can be taken for another, and tell the streams apart.
 */
record Text(Kind kind, int lines, int lineBytes, int tailBytes) {
  /** What the lines are made of. */
  enum Kind {
    ASCII,
    MULTI_BYTE,
    INVALID
  }

  private static final byte[][] OUT = {
    {'a'},
    {(byte) 0xC3, (byte) 0xA9},
    {(byte) 0xE2, (byte) 0x82, (byte) 0xAC},
    {(byte) 0xF0, (byte) 0x9F, (byte) 0x98, (byte) 0x80}
  };
  private static final byte[][] ERR = {
    {'A'},
    {(byte) 0xD7, (byte) 0x90},
    {(byte) 0xE4, (byte) 0xB8, (byte) 0x96},
    {(byte) 0xF3, (byte) 0xA0, (byte) 0x81, (byte) 0x81}
  };
  private static final byte[] OUT_ANY = {
    0, '\r', '\t', 0x1B, (byte) 0xFF, (byte) 0xC3, (byte) 0xE2, (byte) 0x82, (byte) 0x80, 'q'
  };
  private static final byte[] ERR_ANY = {
    1, 0x0B, (byte) 0xFE, (byte) 0xD7, (byte) 0xE4, (byte) 0xB8, (byte) 0x81, 'Q'
  };

  /** Returns the stream that a byte which is no line end was written to. */
  static LogSource sourceOf(byte first) {
    if (first >= 'A' && first <= 'Z') {
      return LogSource.STDERR;
    }
    for (byte[] text : ERR) {
      for (byte b : text) {
        if (b == first) {
          return LogSource.STDERR;
        }
      }
    }
    for (byte b : ERR_ANY) {
      if (b == first) {
        return LogSource.STDERR;
      }
    }
    return LogSource.STDOUT;
  }

  /** Returns the bytes from a place of a stream on. */
  byte[] bytes(LogSource source, long offset) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int length = source == LogSource.STDERR ? Math.max(1, lineBytes) : lineBytes;
    for (int i = 0; i < lines; i++) {
      fill(bytes, source, offset, length);
      bytes.write('\n');
    }
    fill(bytes, source, offset, tailBytes);
    return bytes.toByteArray();
  }

  private void fill(ByteArrayOutputStream bytes, LogSource source, long offset, int length) {
    int end = bytes.size() + length;
    while (bytes.size() < end) {
      int random = random(offset + bytes.size());
      int left = end - bytes.size();
      byte[][] own = source == LogSource.STDOUT ? OUT : ERR;
      byte[] any = source == LogSource.STDOUT ? OUT_ANY : ERR_ANY;
      if (kind == Kind.MULTI_BYTE && own[random % own.length].length <= left && random % 8 > 3) {
        bytes.writeBytes(own[random % own.length]);
      } else if (kind == Kind.INVALID && random % 3 == 0) {
        bytes.write(any[random / 3 % any.length]);
      } else {
        bytes.write(own[0][0] + random % 26);
      }
    }
  }

  private static int random(long place) {
    long mixed = (place + 1) * 0x9E3779B97F4A7C15L;
    mixed ^= mixed >>> 29;
    mixed *= 0xBF58476D1CE4E5B9L;
    return (int) (mixed >>> 40);
  }
}
