package dev.logweir;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Takes variables for the job's outcome out of its standard output, in the format of OpsLevel's job
 * runner:
 *
 * <pre>
 * ::set-outcome-var KEY=VALUE
 * ::start-multiline-outcome-var KEY
 * any lines
 * ::end-multiline-outcome-var
 * </pre>
 *
 * <p>Such lines don't go on into the log; they count as filtered. A key is of letters, digits,
 * {@code _} and {@code -}. Starts may nest: an inner variable's lines are not part of the outer
 * one; a {@code ::set-outcome-var} between a start and its end is a line of the value. A line that
 * begins with {@code +} and a space, as a shell's trace does, at any depth ({@code ++}), is never
 * taken. A command must begin its line: behind a colour code or any other bytes it is text. Of two
 * values of a key the later one counts.
 *
 * <p>Variables are memory too. All are within the bound of the instance, 64 KiB of heap if not set;
 * a key has at most 128 characters, a value at most a quarter of the bound in bytes, and there is
 * at most one variable for each 512 bytes of it. Variables over these bounds are not set, and
 * listed by {@link #excess}; a line with a longer key goes on into the log. A gap in the log, a
 * line that was cut, and the end of the log leave unfinished variables unset; {@link #incomplete}
 * lists them. A key listed by either loses its earlier value.
 *
 * <p>For one job. {@link #variables}, {@link #excess} and {@link #incomplete} can be called from
 * any thread, also while the job runs.
 */
public final class OutcomeVariables implements LogProcessor {
  /** The default bound of what is held, in bytes of heap: {@value}. */
  public static final int DEFAULT_MAX_BYTES = 64 << 10;

  static final int MAX_DEPTH = 8;

  private static final int MIN_BYTES = 8 << 10;
  private static final int MAX_BYTES = 16 << 20;
  private static final int VALUE_SHARE = 4;

  private static final byte[] SET_BYTES = "::set-outcome-var".getBytes(US_ASCII);
  private static final byte[] START_BYTES = "::start-multiline-outcome-var".getBytes(US_ASCII);
  private static final byte[] END_BYTES = "::end-multiline-outcome-var".getBytes(US_ASCII);
  private static final Pattern SET = Pattern.compile("^::set-outcome-var\\s([\\w-]+)=(.*)");
  private static final Pattern START =
      Pattern.compile("^::start-multiline-outcome-var\\s([\\w-]+)");
  private static final LogProcessor NOTHING = new Stderr();

  private final @Nullable SecretMasker masker;
  private final int maxBytes;
  private final OutcomeStore store;
  private final AtomicBoolean taken = new AtomicBoolean();

  private final Deque<OutcomeCapture> open = new ArrayDeque<>(MAX_DEPTH);

  /** Starts not yet ended beyond {@link #MAX_DEPTH}, whose lines are lost. */
  private long tooDeep;

  /** What the rest of the line in hand is for. */
  private Rest rest = Rest.LOG;

  /** The value of a line in hand that sets a variable. */
  private @Nullable OutcomeCapture setting;

  private OutcomeVariables(@Nullable SecretMasker masker, int maxBytes) {
    this.masker = masker;
    this.maxBytes = Checks.inRange("maxBytes", maxBytes, MIN_BYTES, MAX_BYTES);
    store = new OutcomeStore(maxBytes, (MAX_DEPTH + 1) * OutcomeCapture.FIXED_BYTES);
  }

  /**
   * Returns an instance for one job whose keys and values are masked, within {@link
   * #DEFAULT_MAX_BYTES}.
   *
   * @throws NullPointerException if {@code masker} is null
   */
  public static OutcomeVariables maskedBy(SecretMasker masker) {
    return maskedBy(masker, DEFAULT_MAX_BYTES);
  }

  /**
   * Returns an instance for one job whose keys and values are masked.
   *
   * @param maxBytes the bound of what is held, in bytes of heap, from 8 KiB to 16 MiB
   * @throws NullPointerException if {@code masker} is null
   * @throws IllegalArgumentException if {@code maxBytes} is out of range
   */
  public static OutcomeVariables maskedBy(SecretMasker masker, int maxBytes) {
    return new OutcomeVariables(Objects.requireNonNull(masker, "masker"), maxBytes);
  }

  /**
   * Returns an instance for one job that keeps secrets as they are, within {@link
   * #DEFAULT_MAX_BYTES}.
   */
  public static OutcomeVariables unmasked() {
    return unmasked(DEFAULT_MAX_BYTES);
  }

  /**
   * Returns an instance for one job that keeps secrets as they are.
   *
   * @param maxBytes the bound of what is held, in bytes of heap, from 8 KiB to 16 MiB
   * @throws IllegalArgumentException if {@code maxBytes} is out of range
   */
  public static OutcomeVariables unmasked(int maxBytes) {
    return new OutcomeVariables(null, maxBytes);
  }

  /**
   * Returns an immutable copy of the variables set so far, in the order in which their keys were.
   */
  public Map<String, String> variables() {
    return store.variables();
  }

  /** Returns the variables that were not set because they were over a bound. */
  public Unset excess() {
    return Unset.of(store.excess());
  }

  /**
   * Returns the variables that were not set because some of their lines, or their end, were lost.
   */
  public Unset incomplete() {
    return Unset.of(store.incomplete());
  }

  /**
   * Returns what takes the commands of standard output, and nothing of standard error.
   *
   * @throws IllegalStateException if a job has this instance already
   */
  @Override
  public LogProcessor forStream(LogSource source) {
    if (Objects.requireNonNull(source, "source") == LogSource.STDERR) {
      return NOTHING;
    }
    if (!taken.compareAndSet(false, true)) {
      throw new IllegalStateException("outcome variables are for one job, this instance has one");
    }
    return new Stdout();
  }

  @Override
  public void process(LogLine line) {
    if (line.source() != LogSource.STDOUT) {
      return;
    }
    if (line.isFirst()) {
      rest = firstPart(line);
    } else {
      nextPart(line);
    }
    if (rest != Rest.LOG) {
      line.remove();
    }
    if (line.isCut()) {
      closeAll();
    } else if (line.isLast()) {
      endLine(line.isUnended());
    }
  }

  @Override
  public void gap() {
    closeAll();
  }

  @Override
  public void end(Output out) {
    closeAll();
  }

  /** Returns the bound of what is held. */
  @Override
  public long maxRetainedBytes() {
    return maxBytes;
  }

  /** Returns the number of variables. */
  @Override
  public String toString() {
    return "OutcomeVariables[" + store.size() + "]";
  }

  private Rest firstPart(LogLine line) {
    int length = line.length();
    if (isTrace(line)) {
      return Rest.LOG;
    }
    boolean command = length > 2 && line.byteAt(0) == ':' && line.byteAt(1) == ':';
    if (command && startsWith(line, START_BYTES)) {
      Matcher start = START.matcher(line.text());
      if (start.find()) {
        start(start.group(1));
        return Rest.NOTHING;
      }
    }
    if (!open.isEmpty()) {
      if (command && startsWith(line, END_BYTES)) {
        finish();
        return Rest.NOTHING;
      }
      if (line.isCut()) {
        return Rest.LOG;
      }
      if (tooDeep == 0) {
        open.getLast().beginLine();
        open.getLast().append(line.array(), line.offset(), length);
      }
      return Rest.VALUE;
    }
    if (command && startsWith(line, SET_BYTES)) {
      Matcher set = SET.matcher(line.text());
      if (set.find()) {
        OutcomeCapture capture = capture(set.group(1));
        int from = set.start(2);
        capture.append(line.array(), line.offset() + from, length - from);
        setting = capture;
        return Rest.SET;
      }
    }
    return Rest.LOG;
  }

  private void nextPart(LogLine line) {
    OutcomeCapture set = setting;
    if (rest == Rest.SET && set != null) {
      set.append(line.array(), line.offset(), line.length());
    } else if (rest == Rest.VALUE && tooDeep == 0 && !open.isEmpty()) {
      open.getLast().append(line.array(), line.offset(), line.length());
    }
  }

  private void endLine(boolean unended) {
    OutcomeCapture set = setting;
    if (rest == Rest.SET && set != null) {
      setting = null;
      set.endLine();
      set.finish(masker, unended);
    } else if (rest == Rest.VALUE && tooDeep == 0 && !open.isEmpty()) {
      open.getLast().endLine();
    }
    rest = Rest.LOG;
  }

  private void start(String key) {
    if (open.size() == MAX_DEPTH) {
      tooDeep++;
      store.addExcess(name(key));
    } else {
      open.addLast(capture(key));
    }
  }

  private void finish() {
    if (tooDeep > 0) {
      tooDeep--;
    } else {
      open.removeLast().finish(masker, false);
    }
  }

  private void closeAll() {
    OutcomeCapture set = setting;
    if (set != null) {
      set.abandon();
    }
    open.forEach(OutcomeCapture::abandon);
    open.clear();
    setting = null;
    tooDeep = 0;
    rest = Rest.LOG;
  }

  private OutcomeCapture capture(String key) {
    return new OutcomeCapture(
        store, name(key), key.length() > OutcomeStore.MAX_KEY, maxBytes / VALUE_SHARE);
  }

  private String name(String key) {
    String name = masker == null ? key : masker.mask(key);
    return name.length() > OutcomeStore.MAX_KEY ? name.substring(0, OutcomeStore.MAX_KEY) : name;
  }

  /** Whether a shell's trace begins the line: a {@code +} for each depth, and white space. */
  private static boolean isTrace(LogLine line) {
    int depth = 0;
    while (depth < line.length() && line.byteAt(depth) == '+') {
      depth++;
    }
    return depth > 0 && depth < line.length() && isSpace(line.byteAt(depth));
  }

  private static boolean startsWith(LogLine line, byte[] start) {
    int from = line.offset();
    return line.length() >= start.length
        && Arrays.equals(line.array(), from, from + start.length, start, 0, start.length);
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || (b >= '\t' && b <= '\r');
  }

  /** Takes nothing. */
  private static final class Stderr implements RunProcessor {
    @Override
    public void process(LogLine line) {}

    @Override
    public int plainUntil(byte[] bytes, int from, int end) {
      return end;
    }
  }

  /** Takes the commands of standard output. */
  private final class Stdout implements RunProcessor {
    @Override
    public void process(LogLine line) {
      OutcomeVariables.this.process(line);
    }

    @Override
    public void gap() {
      OutcomeVariables.this.gap();
    }

    @Override
    public void end(Output out) {
      OutcomeVariables.this.end(out);
    }

    /** Within a capture every line is part of it; else a command begins with two colons. */
    @Override
    public int plainUntil(byte[] bytes, int from, int end) {
      if (!open.isEmpty() || tooDeep > 0) {
        return from;
      }
      int line = from;
      while (line < end && (bytes[line] != ':' || line + 1 == end || bytes[line + 1] != ':')) {
        line = Newlines.first(bytes, line, end) + 1;
      }
      return line;
    }
  }

  private enum Rest {
    LOG,
    NOTHING,
    VALUE,
    SET
  }

  /** Variables that were not set. Immutable. */
  public static final class Unset {
    private final long count;
    private final List<String> names;

    Unset(long count, List<String> names) {
      this.count = count;
      this.names = List.copyOf(names);
    }

    private static Unset of(OutcomeStore.Names unset) {
      return new Unset(unset.count(), unset.names());
    }

    /** Returns how many times that was, 0 or more. */
    public long count() {
      return count;
    }

    /**
     * Returns the first keys, each once, as many as there was room for and at most 16, with at most
     * 128 characters of each.
     */
    public List<String> names() {
      return names;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Unset unset && count == unset.count && names.equals(unset.names);
    }

    @Override
    public int hashCode() {
      return 31 * Long.hashCode(count) + names.hashCode();
    }

    /** Returns the count and the keys, for a person. */
    @Override
    public String toString() {
      return "Unset[count=" + count + ", names=" + names + "]";
    }
  }
}
