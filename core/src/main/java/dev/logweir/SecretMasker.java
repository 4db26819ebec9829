package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Replaces secret values in the log by {@code **********}.
 *
 * <p>Finds all values in one pass over the bytes, also where one lies across the fragments of a
 * long line: a fragment's end that may be the beginning of a value is held back until the next
 * fragment of the line. Values that overlap or adjoin become one mask. Where the rest of a line was
 * dropped, or its stream ended within it, 4 bytes and more at its end that are the beginning of a
 * value are masked too. Of a value of several lines, each line of 6 bytes and more is masked; a
 * value of one line may have any length.
 *
 * <p>White space, quotes and a byte order mark around a value, which are often stored with it but
 * not printed, are ignored if at least 4 bytes are left. White space within a value of several
 * lines matches any white space. Empty values are ignored, and so are values and lines of nothing
 * but white space and quotes, with a warning of their number.
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
  private final int maxSize;
  private final int maxHeld;

  /** Whether there are values that may look otherwise than they are, or may be added. */
  private final boolean mayHaveForms;

  private final MemoryLock adding = new MemoryLock(LockOrder.Level.LEAF);
  private volatile MaskerValues values;
  private volatile int count;

  /** All texts that are encoded. */
  @GuardedBy("adding")
  private Set<String> encodedTexts = Set.of();

  @GuardedBy("adding")
  private boolean wideSpaces;

  private SecretMasker(Builder builder) {
    encoded = builder.encoded;
    SecretForms forms = forms(builder.values);
    values = with(new MaskerValues(MaskerAutomaton.EMPTY, null), forms);
    keep(forms);
    count = builder.values.size() - forms.blankValues;
    int size = Checks.inRange("bytes of all values", Math.toIntExact(size(values)), 0, MAX_BYTES);
    int room = builder.room >= 0 ? builder.room : encoded ? ROOM_ENCODED : ROOM;
    maxSize = size + Math.min(room, MAX_BYTES - size);
    mayHaveForms = encoded || values.forms() != null || maxSize > size;
    // A value added may begin like the longest one and go on with all the room.
    int longest = values.plain().longest() + maxSize - size;
    maxHeld =
        encoded
            ? EncodedScan.maxOpen(Math.min(longest, SecretForms.MAX_LINE))
            : Math.min(longest, MaskerAutomaton.MAX_LENGTH);
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
   * that this masker serves. The time this takes grows with the number of all values, so add many
   * at once.
   *
   * @throws NullPointerException if {@code values} or one of them is null
   * @throws IllegalArgumentException if a line of a value is longer than 16 KiB, or if what was
   *     added since the masker was built is over its {@link Builder#roomBytes}; then none is added
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
    SecretForms forms = forms(copy);
    adding.lock();
    try {
      MaskerValues before = this.values;
      MaskerValues more = with(before, forms);
      if (size(more) > maxSize) {
        throw new IllegalArgumentException(
            "values added must be at most "
                + (maxSize - size(before))
                + " B more in all their forms: "
                + (size(more) - size(before)));
      }
      this.values = more;
      keep(forms);
      int countNow = count + copy.size() - forms.blankValues;
      count = countNow;
    } finally {
      adding.unlock();
    }
  }

  /**
   * Returns a text of several lines or one with the values masked, for text that leaves the job
   * outside its log, such as the message of an exception.
   *
   * @throws NullPointerException if {@code text} is null
   */
  public String mask(String text) {
    return MaskerText.mask(values, Objects.requireNonNull(text, "text"), false);
  }

  /** Masks a text whose rest never came: a value's beginning at its end is masked too. */
  String maskUnended(String text) {
    return MaskerText.mask(values, text, true);
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
    new MaskerStream(this::values).process(line);
  }

  @Override
  public LogProcessor forStream(LogSource source) {
    Objects.requireNonNull(source, "source");
    return new MaskerStream(this::values);
  }

  /**
   * Returns the most heap that this masker holds, with the states of one job: 17 B for each byte of
   * the values in all their forms (a common beginning once), for those added later too, and as much
   * again with 8 B for the time of an addition; tables of 66 KiB, twice as well, or of 83 KiB if
   * there may be values of several lines; for a job twice the longest value held back, and 6 times
   * that for places found in it. With {@link Builder#encoded} the tables are 150 KiB, each stream
   * has 4 KiB, what is held back is 8 times the longest value, and what is held back of a line is
   * copied once with its next fragment, counted with 64 KiB.
   */
  @Override
  public long maxRetainedBytes() {
    boolean fixed = maxSize == size(values);
    long held = (maxSize + 1L) * MaskerAutomaton.STATE_BYTES + MaskerAutomaton.FIXED_BYTES;
    held += mayHaveForms ? EncodedForms.FIXED_BYTES : 0;
    held += encoded ? MaskerAutomaton.FIXED_BYTES : 0;
    long building = fixed ? 0 : held + (maxSize + 1L) * MaskerAutomaton.BUILD_BYTES;
    return FIXED_BYTES + held + building + stateBytes();
  }

  /** Returns the most heap of the states of one job. */
  long stateBytes() {
    int stream = MaskerStream.FIXED_BYTES;
    stream += mayHaveForms ? EncodedScan.FIXED_BYTES : 0;
    stream += encoded ? EncodedRuns.FIXED_BYTES : 0;
    int copy = encoded ? maxHeld + JobSettings.DEFAULT_MAX_LINE : 0;
    return 2L * (stream + maxHeld) + 6L * maxHeld + copy;
  }

  /** Returns the number of values. */
  @Override
  public String toString() {
    return "SecretMasker[" + count + (count == 1 ? " value]" : " values]");
  }

  MaskerValues values() {
    return values;
  }

  @GuardedBy("adding")
  private MaskerValues with(MaskerValues before, SecretForms more) {
    MaskerAutomaton plain = before.plain().with(more.plain);
    boolean wide = wideSpaces || more.wideSpaces;
    if (!encoded && !wide) {
      return new MaskerValues(plain, null);
    }
    Set<String> texts = new LinkedHashSet<>(encodedTexts);
    texts.addAll(more.encoded);
    return new MaskerValues(plain, EncodedForms.of(encoded, wide, texts));
  }

  @GuardedBy("adding")
  private void keep(SecretForms more) {
    wideSpaces |= more.wideSpaces;
    if (!more.encoded.isEmpty()) {
      Set<String> texts = new LinkedHashSet<>(encodedTexts);
      texts.addAll(more.encoded);
      encodedTexts = texts;
    }
  }

  /** Returns what values cost, in states of an automaton. */
  private long size(MaskerValues of) {
    EncodedForms forms = of.forms();
    return of.plain().states() - 1 + (encoded && forms != null ? forms.size() : 0);
  }

  /** Masking a value of blanks alone would make a log unreadable; it is no secret. */
  private SecretForms forms(List<String> of) {
    SecretForms forms = new SecretForms(encoded);
    of.forEach(forms::add);
    if (forms.blankValues > 0 || forms.blankLines > 0) {
      LogweirEngine.shared()
          .log(SecretMasker.class, "secret masker")
          .warn(
              "{}: not masked as they are blank: {}",
              forms.blankValues + " values, " + forms.blankLines + " lines of others",
              null);
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
     * Sets whether the encoded forms of the values are looked for too, where such a form has 6
     * bytes and more. Off if not set.
     *
     * <ul>
     *   <li>Escapes, any mixture of them and of what stands as it is: percent-encoding (with {@code
     *       +} for a blank, and encoded again), the backslashes of JSON, of programs and of shells
     *       with their letters and numbers, in several levels, quotes that are doubled or left and
     *       entered again, {@code ^} of cmd, the backtick of PowerShell, the entities of XML.
     *   <li>Base64 in both alphabets, padded or not, and hexadecimal, wherever in the encoded bytes
     *       the value begins and wherever lines are wrapped; UTF-16 in both orders, and its Base64.
     * </ul>
     *
     * <p>In the midst of Base64, the first character of a value that shares its bits with what is
     * before stays; so do up to 5 characters in front of a line's wrap. Of a value of several
     * lines, at most 16 KiB, the forms of the whole are looked for beside those of its lines. A
     * value costs about 8 times its length and 200 B. Where nothing is found, a line of 100 B takes
     * 0.1 to 0.2 microseconds with 50 values, and two or three times that if there are escapes in
     * it, against 0.03 without.
     */
    public Builder encoded(boolean encoded) {
      this.encoded = encoded;
      return this;
    }

    /**
     * Sets how many bytes of values, in all their forms, can be added after the masker is built;
     * this room counts as held. 4 KiB if not set, 64 KiB with {@link #encoded}.
     *
     * @param bytes from 0 to 4 MiB
     * @throws IllegalArgumentException if {@code bytes} is out of range
     */
    public Builder roomBytes(int bytes) {
      room = Checks.inRange("roomBytes", bytes, 0, MAX_BYTES);
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
