package dev.logweir;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Replaces secret values in the log by {@code **********}.
 *
 * <p>Finds all values in one pass over the bytes, also where one lies across the fragments of a
 * long line: a fragment's end that may be the beginning of a value is held back until the next
 * fragment of the line. Values that overlap or adjoin become one mask. Where the rest of a line was
 * dropped, or its stream ended within it, 4 bytes and more at its end that are the beginning of a
 * value are masked too. Of a value of several lines each line is looked for, if it has 6 bytes and
 * more; a value of one line may be of any length. Empty values are ignored.
 *
 * <p>A line of a value is at most 16 KiB long; all values with their forms are at most 4 MiB. A
 * refusal names the length and never the value.
 *
 * <p>Thread-safe. One instance can serve any number of jobs; what it keeps of a line lives in the
 * state of the job's stream.
 *
 * <pre>{@code
 * SecretMasker masker = SecretMasker.of(token, password);
 * LogStreamer log = LogStreamer.builder(sender).processor(masker).start();
 * masker.add(newToken);
 * }</pre>
 */
public final class SecretMasker implements LogProcessor {
  /** The most bytes of values, in all their forms: {@value}, which is 4 MiB. */
  public static final int MAX_BYTES = 4 << 20;

  private static final int ROOM = 4 << 10;
  private static final int ROOM_ENCODED = 64 << 10;

  /** Heap of this object and its lock. */
  private static final int FIXED_BYTES = 256;

  private final boolean encoded;
  private final int maxStates;
  private final int maxLength;
  private final ReentrantLock adding = new ReentrantLock();
  private volatile MaskerAutomaton automaton;
  private volatile int count;

  private SecretMasker(Builder builder) {
    encoded = builder.encoded;
    automaton = MaskerAutomaton.EMPTY.with(forms(builder.values));
    count = builder.values.size();
    int states = Checks.inRange("bytes of all values", automaton.states() - 1, 0, MAX_BYTES) + 1;
    int room = builder.room >= 0 ? builder.room : encoded ? ROOM_ENCODED : ROOM;
    maxStates = states + Math.min(room, MAX_BYTES + 1 - states);
    // A value added may begin like the longest one and go on with all the room.
    maxLength = Math.min(automaton.longest() + maxStates - states, MaskerAutomaton.MAX_LENGTH);
  }

  /**
   * Returns a masker of some values, as they are, with room for 4 KiB of values added later.
   *
   * @throws NullPointerException if {@code values} or one of them is null
   * @throws IllegalArgumentException if a line of a value is longer than 16 KiB, or all are over
   *     {@link #MAX_BYTES}
   */
  public static SecretMasker of(String... values) {
    return builder().add(values).build();
  }

  /**
   * Returns a masker of some values, as they are, with room for 4 KiB of values added later.
   *
   * @throws NullPointerException if {@code values} or one of them is null
   * @throws IllegalArgumentException if a line of a value is longer than 16 KiB, or all are over
   *     {@link #MAX_BYTES}
   */
  public static SecretMasker of(Collection<String> values) {
    return builder().addAll(values).build();
  }

  /** Returns a builder of a masker without values. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Adds values: they are masked from the next line or fragment on that is drained, in every job
   * that this masker serves. Takes a time that grows with all values, so many are better added at
   * once.
   *
   * @throws NullPointerException if {@code values} or one of them is null
   * @throws IllegalArgumentException if a line of a value is longer than 16 KiB, or if what was
   *     added since the masker was built is over its {@link Builder#room}; then none is added
   */
  public void add(String... values) {
    addAll(Arrays.asList(Objects.requireNonNull(values, "values")));
  }

  /**
   * Adds values, like {@link #add(String...)}.
   *
   * @throws NullPointerException if {@code values} or one of them is null
   * @throws IllegalArgumentException as {@link #add(String...)}
   */
  public void addAll(Collection<String> values) {
    List<String> copy = nonEmpty(values);
    List<byte[]> forms = forms(copy);
    adding.lock();
    try {
      MaskerAutomaton more = automaton.with(forms);
      if (more.states() > maxStates) {
        throw new IllegalArgumentException(
            "values added must be at most "
                + (maxStates - automaton.states())
                + " B more in all their forms: "
                + (more.states() - automaton.states()));
      }
      automaton = more;
      int countNow = count + copy.size();
      count = countNow;
    } finally {
      adding.unlock();
    }
  }

  /**
   * Returns a text of several lines or one with the values masked, for what leaves the job beside
   * its log, such as the text of an exception.
   *
   * @throws NullPointerException if {@code text} is null
   */
  public String mask(String text) {
    return MaskerText.mask(automaton, Objects.requireNonNull(text, "text"), false);
  }

  /** Masks a text whose rest never came: a value's beginning at its end is masked too. */
  String maskUnended(String text) {
    return MaskerText.mask(automaton, text, true);
  }

  /**
   * Masks a whole line. A fragment needs the state of {@link #forStream}.
   *
   * @throws IllegalStateException if the line is not whole
   */
  @Override
  public void process(LogLine line) {
    if (!line.isWhole()) {
      throw new IllegalStateException("fragments can only be masked by what forStream returns");
    }
    new MaskerStream(this).process(line);
  }

  @Override
  public LogProcessor forStream(LogSource source) {
    Objects.requireNonNull(source, "source");
    return new MaskerStream(this);
  }

  /**
   * Returns the most heap that this masker holds, with the states of one job: 17 B for each byte of
   * the values in all their forms (a common beginning once), for those added later too, and as much
   * again with 8 B for the time of an addition; tables of 66 KiB, twice as well; for a job twice
   * the longest value held back, and 6 times that for places found in it.
   */
  @Override
  public long maxRetainedBytes() {
    boolean fixed = maxStates == automaton.states();
    long states = (long) maxStates * MaskerAutomaton.STATE_BYTES + MaskerAutomaton.FIXED_BYTES;
    long building = fixed ? 0 : states + (long) maxStates * MaskerAutomaton.BUILD_BYTES;
    return FIXED_BYTES + states + building + stateBytes();
  }

  /** Returns the most heap of the states of one job. */
  long stateBytes() {
    return 2L * (MaskerStream.FIXED_BYTES + maxLength) + 6L * maxLength;
  }

  /** Returns the number of values. */
  @Override
  public String toString() {
    return "SecretMasker[" + count + (count == 1 ? " value]" : " values]");
  }

  MaskerAutomaton automaton() {
    return automaton;
  }

  private List<byte[]> forms(List<String> values) {
    List<byte[]> forms = new ArrayList<>();
    for (String value : values) {
      SecretForms.of(value, encoded, forms);
    }
    return forms;
  }

  private static List<String> nonEmpty(Collection<String> values) {
    List<String> found = new ArrayList<>();
    for (String value : Objects.requireNonNull(values, "values")) {
      if (!Objects.requireNonNull(value, "value").isEmpty()) {
        found.add(value);
      }
    }
    return found;
  }

  /** Builds a masker. Not thread-safe. */
  public static final class Builder {
    private final List<String> values = new ArrayList<>();
    private boolean encoded;
    private int room = -1;

    private Builder() {}

    /**
     * Adds values.
     *
     * @throws NullPointerException if {@code values} or one of them is null
     */
    public Builder add(String... values) {
      return addAll(Arrays.asList(Objects.requireNonNull(values, "values")));
    }

    /**
     * Adds values.
     *
     * @throws NullPointerException if {@code values} or one of them is null
     */
    public Builder addAll(Collection<String> values) {
      this.values.addAll(nonEmpty(values));
      return this;
    }

    /**
     * Looks for the encoded forms of the values too, where such a form has 6 bytes and more: Base64
     * (both alphabets, wherever in the encoded bytes the value begins, padded or not, also broken
     * into lines of 64 and 76), hexadecimal, percent-encoding, the escapes of JSON and XML, and
     * shell quoting. Of a value of several lines, at most 16 KiB, the forms of the whole are looked
     * for beside those of its lines. In the midst of Base64, the first character of a value that
     * shares its bits with what is before stays. A value has about 10 times its length in all these
     * forms.
     */
    public Builder encoded() {
      encoded = true;
      return this;
    }

    /**
     * Sets how many bytes of values, in all their forms, can be added once the masker is built; it
     * counts that room as held. 4 KiB if not set, 64 KiB with {@link #encoded}.
     *
     * @param bytes from 0 to 4 MiB
     * @throws IllegalArgumentException if {@code bytes} is out of range
     */
    public Builder room(int bytes) {
      room = Checks.inRange("room", bytes, 0, MAX_BYTES);
      return this;
    }

    /**
     * Returns the masker.
     *
     * @throws IllegalArgumentException if a line of a value is longer than 16 KiB, or all values
     *     with their forms are over {@link #MAX_BYTES}
     */
    public SecretMasker build() {
      return new SecretMasker(this);
    }
  }
}
