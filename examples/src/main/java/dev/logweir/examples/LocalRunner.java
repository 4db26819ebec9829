package dev.logweir.examples;

/** Placeholder. */
public final class LocalRunner {
  private LocalRunner() {}

  public static void main(String[] args) {}
}
