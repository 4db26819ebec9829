package dev.logweir;

/** Takes bytes one range after another. */
@FunctionalInterface
interface ByteTarget {
  void append(byte[] bytes, int offset, int length);
}
