package dev.logweir.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.LogLine;
import dev.logweir.LogProcessor;
import dev.logweir.LogSource;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An example of a processor, which the page on processors shows. */
final class ProgressBars implements LogProcessor {
  private static final int MAX_CHARS = 200;
  private static final Pattern PERCENT = Pattern.compile("(\\d{1,3})(\\.\\d+)? ?%");

  private String last = "";

  /** Each stream of each job has its own bars. */
  @Override
  public LogProcessor forStream(LogSource source) {
    return new ProgressBars();
  }

  @Override
  public void process(LogLine line) {
    byte[] bytes = line.toBytes();
    int from = lastDrawn(bytes);
    String shown = shown(new String(bytes, from, bytes.length - from, UTF_8));
    if (line.isWhole() && !shown.isEmpty() && shown.equals(last)) {
      line.remove(); // counted as filtered
    } else if (from > 0) {
      line.replace(bytes, from, bytes.length - from);
    }
    last = shown;
  }

  /** Returns the place behind the last carriage return, save one that is a part of the line end. */
  private static int lastDrawn(byte[] bytes) {
    int from = bytes.length - 1;
    while (from > 0 && bytes[from - 1] != '\r') {
      from--;
    }
    return Math.max(0, from);
  }

  /** Returns what a bar shows, to the next tenth below; empty for a text that is none. */
  private static String shown(String text) {
    Matcher percent = PERCENT.matcher(text);
    if (text.length() > MAX_CHARS || !percent.find()) {
      return "";
    }
    int tenth = Integer.parseInt(percent.group(1)) / 10;
    return text.replaceAll("[\\s\\d.#=>-]", "") + tenth;
  }

  /** Lines are missing: the next bar is shown. */
  @Override
  public void gap() {
    last = "";
  }

  /** What each of the two streams keeps between lines. */
  @Override
  public long maxRetainedBytes() {
    return 2 * (2 * MAX_CHARS + 112);
  }
}
