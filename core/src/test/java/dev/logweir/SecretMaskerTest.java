package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.openjdk.jol.info.GraphLayout;

class SecretMaskerTest {
  private static final String MASK = "**********";

  @Test
  void process_replacesEveryValue() {
    assertThat(lines(SecretMasker.of("hunter2", "s3cret"), "a hunter2 b s3cret c hunter2"))
        .containsExactly("a " + MASK + " b " + MASK + " c " + MASK);
  }

  @Test
  void process_masksOverlappingAndAdjoiningValuesAsOne() {
    assertThat(lines(SecretMasker.of("abab"), "xabababy")).containsExactly("x" + MASK + "y");
    assertThat(lines(SecretMasker.of("abc", "cde"), "xabcdey")).containsExactly("x" + MASK + "y");
    assertThat(lines(SecretMasker.of("abc", "def"), "xabcdefy")).containsExactly("x" + MASK + "y");
  }

  @Test
  void process_leavesNothingOfAValueThatContainsOthers() {
    assertThat(lines(SecretMasker.of("abcdef", "bc", "e"), "xabcdefy"))
        .containsExactly("x" + MASK + "y");
    assertThat(lines(SecretMasker.of("abc", "abcdef"), "abcdef", "abcdex"))
        .containsExactly(MASK, MASK + "dex");
  }

  @Test
  void process_findsAValueAcrossFragments() {
    ProcessorChain chain = ProcessorChain.of(SecretMasker.of("top-secret"));
    chain.fragments(false, "before top", "-sec", "ret", " after");

    assertThat(chain.lines()).containsExactly("before " + MASK + " after");
    assertThat(chain.passedBytes()).isEqualTo(chain.takenBytes);
  }

  @Test
  void process_holdsBackAFirstFragmentThatIsTheBeginningOfAValue() {
    ProcessorChain chain = ProcessorChain.of(SecretMasker.of("x".repeat(600) + "y"));
    chain.fragments(false, "x".repeat(256), "x".repeat(256), "z");

    assertThat(chain.pieces).hasSize(1);
    assertThat(chain.pieces.get(0).first()).isTrue();
    assertThat(chain.pieces.get(0).text()).isEqualTo("x".repeat(512) + "z");
  }

  @Test
  void process_masksOnceAcrossFragmentsThatEndInAMask() {
    ProcessorChain chain = ProcessorChain.of(SecretMasker.of("abc"));
    chain.fragments(false, "1abc", "abc", "2");

    assertThat(chain.lines()).containsExactly("1" + MASK + "2");
  }

  @Test
  void process_keepsAMaskThatOverlapsWhatIsHeldBack() {
    assertThat(
            ProcessorChain.of(SecretMasker.of("b", "aba", "baaa"))
                .fragments(false, "abaa", "")
                .lines())
        .containsExactly(MASK + "a");
  }

  @Test
  void process_masksTheBeginningOfAValueWhereALineWasCut() {
    SecretMasker masker = SecretMasker.of("swordfish");
    assertThat(ProcessorChain.of(masker).fragments(true, "x swor").lines())
        .containsExactly("x " + MASK);
    assertThat(ProcessorChain.of(masker).fragments(true, "x sw", "ordf").lines())
        .containsExactly("x " + MASK);
    assertThat(ProcessorChain.of(masker).fragments(true, "x swo").lines()).containsExactly("x swo");
    assertThat(ProcessorChain.of(masker).fragments(false, "x swor").lines())
        .containsExactly("x swor");
  }

  @Test
  void process_joinsNothingOverLinesAndGaps() {
    ProcessorChain chain = ProcessorChain.of(SecretMasker.of("swordfish"));
    chain.line("a sword").line("fish").fragments(true, "swo").gap().line("rdfish");

    assertThat(chain.lines()).containsExactly("a sword", "fish", "swo", "rdfish");
  }

  @Test
  void process_doesNotTouchOtherLines() {
    ProcessorChain chain = ProcessorChain.of(SecretMasker.of("swordfish"));
    chain.fragment(new byte[] {'a', (byte) 0xFF, 0, '\r'}, true, true, false);

    assertThat(chain.pieces.get(0).bytes()).containsExactly('a', 0xFF, 0, '\r');
  }

  @Test
  void process_allocatesNothingForLinesWithoutAMatch() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    LogProcessor stream = SecretMasker.of("swordfish", "hunter2").forStream(LogSource.STDOUT);
    LogLine line = new LogLine(LogSource.STDOUT);
    byte[] bytes = "a line of the build, as long as most are, hunting for a fish".getBytes(UTF_8);
    long before = 0;
    for (int i = 0; i < 30_000; i++) {
      if (i == 20_000) {
        before = threads.getCurrentThreadAllocatedBytes();
      }
      line.setContent(bytes, 0, bytes.length);
      line.setPart(true, true, false);
      assertThatProcessed(stream, line);
    }

    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(10_000);
  }

  @Test
  void process_masksUtf8() {
    assertThat(lines(SecretMasker.of("pä\uD83D\uDE00ss"), "é pä\uD83D\uDE00ss é"))
        .containsExactly("é " + MASK + " é");
  }

  @Test
  void process_ofTheMaskerItselfRefusesFragments() {
    SecretMasker masker = SecretMasker.of("swordfish");
    ProcessorChain chain = ProcessorChain.of(line -> masker.process(line));
    chain.line("a swordfish").fragments(false, "a swor", "dfish");

    assertThat(chain.lines()).containsExactly("a " + MASK);
    assertThat(chain.failures.get(0))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("fragments");
    assertThat(chain.failedLines).isEqualTo(1);
  }

  @Test
  void values_ofSeveralLinesMaskEachLineOfSixBytesAndMore() {
    for (String lineEnd : List.of("\n", "\r\n")) {
      String value = String.join(lineEnd, "{", "first-line", "short", "second", "", "}");
      assertThat(lines(SecretMasker.of(value), "{", "x first-line\r", "short", "second", "}"))
          .containsExactly("{", "x " + MASK + "\r", "short", MASK, "}");
    }
  }

  @Test
  void values_ofOneLineMayBeShortAndEndInALineEnd() {
    assertThat(lines(SecretMasker.of("pin\n"), "a pin")).containsExactly("a " + MASK);
    assertThat(lines(SecretMasker.of("", "\n", "\r\n"), "a pin", "")).containsExactly("a pin", "");
  }

  @Test
  void values_withALongLineAreRefusedWithItsLengthAlone() {
    String line = "0123456789abcdef".repeat(1024);
    assertThatCode(() -> SecretMasker.of(line)).doesNotThrowAnyException();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SecretMasker.of("short\n" + line + "g"))
        .withMessage("a line of a secret value must be at most 16 KiB: 16385");
  }

  @Test
  void values_areRefusedOverTheBoundOfAll() {
    List<String> values = new ArrayList<>();
    for (int i = 0; i < 257; i++) {
      values.add(i + "-".repeat(16_380));
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SecretMasker.of(values))
        .withMessageStartingWith("bytes of all values must be from 0 B to 4 MiB: 42");
  }

  @Test
  void nulls_areRefusedByName() {
    assertThatNullPointerException()
        .isThrownBy(() -> SecretMasker.of((String[]) null))
        .withMessage("values");
    assertThatNullPointerException()
        .isThrownBy(() -> SecretMasker.of(Arrays.asList("a", null)))
        .withMessage("value");
    assertThatNullPointerException()
        .isThrownBy(() -> SecretMasker.of("a").add("b", null))
        .withMessage("value");
    assertThatNullPointerException()
        .isThrownBy(() -> SecretMasker.of("a").mask(null))
        .withMessage("text");
    assertThatNullPointerException()
        .isThrownBy(() -> SecretMasker.of("a").forStream(null))
        .withMessage("source");
  }

  @Test
  void add_takesEffectFromTheNextLineOn() {
    SecretMasker masker = SecretMasker.of();
    ProcessorChain chain = ProcessorChain.of(masker);
    chain.line("swordfish");
    masker.add("swordfish");
    chain.line("swordfish");

    assertThat(chain.lines()).containsExactly("swordfish", MASK);
  }

  @Test
  void add_refusesWhatIsOverTheRoomAndKeepsTheRest() {
    SecretMasker masker = SecretMasker.builder().add("hunter2").roomBytes(10).build();
    masker.add("sword");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> masker.add("cat", "fish"))
        .withMessage("values added must be at most 5 B more in all their forms: 7");
    masker.add("fish", "hunter2", "f");

    assertThat(lines(masker, "cat sword fish hunter2"))
        .containsExactly("cat " + MASK + " " + MASK + " " + MASK);
  }

  @Test
  void room_isChecked() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SecretMasker.builder().roomBytes(-1))
        .withMessage("roomBytes must be from 0 B to 4 MiB: -1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SecretMasker.builder().roomBytes((4 << 20) + 1))
        .withMessage("roomBytes must be from 0 B to 4 MiB: 4194305");
  }

  @Test
  void mask_masksTextsOfSeveralLines() {
    SecretMasker masker = SecretMasker.of("hunter2", "first-line\nsecond-line");
    assertThat(masker.mask("a\nhunter2\nfirst-line\r\nsecond-line"))
        .isEqualTo("a\n" + MASK + "\n" + MASK + "\r\n" + MASK);
    String other = "nothing here";
    assertThat(masker.mask(other)).isSameAs(other);
  }

  @Test
  void toString_givesTheNumberOfValuesAlone() {
    SecretMasker masker = SecretMasker.of("hunter2", "");
    assertThat(masker).hasToString("SecretMasker[1 value]");
    masker.add("swordfish");
    assertThat(masker).hasToString("SecretMasker[2 values]");
  }

  @Test
  void encoded_masksBase64AtAllAlignmentsAndItsEnds() {
    String secret = "sw?rd>fish\u00FF~";
    SecretMasker masker = SecretMasker.builder().add(secret).encoded(true).build();
    for (Base64.Encoder encoder :
        List.of(
            Base64.getEncoder(),
            Base64.getUrlEncoder(),
            Base64.getEncoder().withoutPadding(),
            Base64.getUrlEncoder().withoutPadding())) {
      for (int before = 0; before < 4; before++) {
        for (int after = 0; after < 4; after++) {
          String text = "\u0001".repeat(before) + secret + "\u0002".repeat(after);
          String found = masker.mask("<" + encoder.encodeToString(text.getBytes(UTF_8)) + ">");
          int headChars = (before * 8 + 5) / 6;
          int tailChars = encoder.encodeToString(text.getBytes(UTF_8)).length() - headChars;
          assertThat(found).contains(MASK);
          String rest = found.replace(MASK, "");
          // What is left: the characters of what is before, of what is after, and one that is
          // shared.
          assertThat(rest.length())
              .as(found)
              .isLessThanOrEqualTo(2 + headChars + Math.min(tailChars, (after * 8 + 5) / 6 + 2));
          if (after == 0) {
            assertThat(found).endsWith(MASK + ">");
          }
        }
      }
    }
  }

  @Test
  void encoded_masksBase64BrokenIntoLines() {
    String key = "-----BEGIN KEY-----\n" + "0123456789/abc?defg".repeat(20) + "\n-----END KEY-----";
    SecretMasker masker = SecretMasker.builder().add(key).encoded(true).build();
    String mime = Base64.getMimeEncoder(76, new byte[] {'\n'}).encodeToString(key.getBytes(UTF_8));
    String pem = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key.getBytes(UTF_8));
    String one = Base64.getEncoder().encodeToString(key.getBytes(UTF_8));

    assertThat(masker.mask(one)).isEqualTo(MASK);
    assertThat(masker.mask(mime).replace(MASK, "").strip()).isEmpty();
    assertThat(masker.mask(pem).replace(MASK, "").strip()).isEmpty();
  }

  @Test
  void encoded_masksHexAndEscapes() {
    String secret = "p\"a's\\s/w<o>r&d é$1 2";
    byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);
    SecretMasker masker = SecretMasker.builder().add(secret).encoded(true).build();
    List<String> forms =
        List.of(
            secret,
            HexFormat.of().formatHex(bytes),
            HexFormat.of().withUpperCase().formatHex(bytes),
            "p%22a%27s%5Cs%2Fw%3Co%3Er%26d%20%C3%A9%241%202",
            "p%22a%27s%5cs%2fw%3co%3er%26d%20%c3%a9%241%202",
            "p%22a%27s%5Cs%2Fw%3Co%3Er%26d+%C3%A9%241+2",
            "p%22a's%5Cs%2Fw%3Co%3Er%26d%20%C3%A9%241%202",
            "p\\\"a's\\\\s/w<o>r&d é$1 2",
            "p\\\"a's\\\\s\\/w<o>r&d \\u00e9$1 2",
            "p\\\"a's\\\\s/w<o>r&d \\u00e9$1 2",
            "p\\\"a's\\\\s\\/w<o>r&d é$1 2",
            "p\\\"a's\\\\s/w\\u003co\\u003er\\u0026d é$1 2",
            "p\\\"a\\u0027s\\\\s/w\\u003co\\u003er\\u0026d é$1 2",
            "p\"a's\\s/w&lt;o&gt;r&amp;d é$1 2",
            "p&quot;a&apos;s\\s/w&lt;o&gt;r&amp;d é$1 2",
            "p&quot;a&#39;s\\s/w&lt;o&gt;r&amp;d é$1 2",
            "p&#34;a&#39;s\\s/w&lt;o&gt;r&amp;d é$1 2",
            "p\"a'\\''s\\s/w<o>r&d é$1 2",
            "p\"a'\"'\"'s\\s/w<o>r&d é$1 2",
            "p\\\"a's\\\\s/w<o>r&d é\\$1 2",
            "p\\\"a\\'s\\\\s/w\\<o\\>r\\&d\\ é\\$1\\ 2",
            "p\"a\\'s\\\\s/w<o>r&d é$1 2");

    assertThat(forms)
        .allSatisfy(form -> assertThat(masker.mask("<" + form + ">")).isEqualTo("<" + MASK + ">"));
  }

  @Test
  void encoded_escapesNothingThatNeedsNone() {
    String secret = "azAZ09~!x\"\u0080é y";
    SecretMasker masker = SecretMasker.builder().add(secret).encoded(true).build();
    List<String> forms =
        List.of(
            "azAZ09~%21x%22%C2%80%C3%A9%20y",
            "azAZ09%7E%21x%22%C2%80%C3%A9+y",
            "azAZ09~!x%22%C2%80%C3%A9%20y",
            "azAZ09~!x\\\"\u0080é y",
            "azAZ09~!x\\\"\\u0080\\u00e9 y",
            "azAZ09~\\!x\\\"\u0080é y",
            "azAZ09\\~\\!x\\\"\u0080é\\ y");

    assertThat(forms)
        .allSatisfy(form -> assertThat(masker.mask("<" + form + ">")).isEqualTo("<" + MASK + ">"));
  }

  @Test
  void encoded_masksBothWaysInWhichShellsTakeAnExclamationMark() {
    SecretMasker masker = SecretMasker.builder().add("pa$word!").encoded(true).build();
    assertThat(masker.mask("pa\\$word! pa\\$word\\!")).isEqualTo(MASK + " " + MASK);
  }

  @Test
  void encoded_looksForNoFormOfFewerThanSixBytes() {
    SecretMasker two = SecretMasker.builder().add("ab").encoded(true).build();
    assertThat(two.mask("6162 ab YWI")).isEqualTo("6162 " + MASK + " YWI");
    SecretMasker three = SecretMasker.builder().add("abc").encoded(true).build();
    assertThat(three.mask("616263 abc YWJj")).isEqualTo(MASK + " " + MASK + " YWJj");
  }

  @Test
  void maxRetainedBytes_isAnUpperBound() {
    SecretMasker empty = SecretMasker.of();
    SecretMasker few = SecretMasker.builder().add("hunter2", "swordfish").roomBytes(0).build();
    SecretMasker long_ = SecretMasker.builder().add("ab".repeat(8 << 10)).roomBytes(0).build();
    SecretMasker many = SecretMasker.builder().add("s3cr\"et".repeat(9)).encoded(true).build();
    for (SecretMasker masker : List.of(empty, few, long_, many)) {
      LogProcessor stdout = masker.forStream(LogSource.STDOUT);
      LogProcessor stderr = masker.forStream(LogSource.STDERR);
      for (LogProcessor stream : List.of(stdout, stderr)) {
        ProcessorChain chain =
            new ProcessorChain(LogSource.STDOUT, 4096, line -> stream.process(line));
        chain.fragment("ab".repeat((8 << 10) - 1).getBytes(UTF_8), true, false, false);
      }
      assertThat(GraphLayout.parseInstance(masker, stdout, stderr).totalSize())
          .isLessThanOrEqualTo(masker.maxRetainedBytes());
    }
    assertThat(few.maxRetainedBytes()).isLessThan(70 << 10);
  }

  @Test
  void maxRetainedBytes_coversAValueAddedThatGoesOnFromALongOne() {
    String first = "ab".repeat(6 << 10);
    SecretMasker masker = SecretMasker.builder().add(first).roomBytes(4 << 10).build();
    long stated = masker.maxRetainedBytes();
    masker.add(first + "c".repeat(4_000));
    LogProcessor stdout = masker.forStream(LogSource.STDOUT);
    LogProcessor stderr = masker.forStream(LogSource.STDERR);
    for (LogProcessor stream : List.of(stdout, stderr)) {
      ProcessorChain.of(line -> stream.process(line))
          .fragment((first + "c".repeat(3_999)).getBytes(UTF_8), true, false, false);
    }

    assertThat(masker.maxRetainedBytes()).isEqualTo(stated);
    long held =
        GraphLayout.parseInstance(masker, stdout, stderr).totalSize()
            - GraphLayout.parseInstance(masker).totalSize();
    assertThat(held).isBetween(2L * 16_287, 2L * MaskerStream.FIXED_BYTES + 2L * 16_384);
    long masks = stated - SecretMasker.builder().add(first).roomBytes(0).build().maxRetainedBytes();
    // What is added costs states, and its length in what is held back, although it begins alike.
    assertThat(masks).isGreaterThanOrEqualTo((4L << 10) * (17 + 17 + 8 + 2 + 6));
  }

  @Test
  void maxRetainedBytes_coversValuesAddedLater() {
    SecretMasker masker = SecretMasker.builder().add("hunter2").roomBytes(20_000).build();
    long stated = masker.maxRetainedBytes();
    for (int i = 0; i < 19; i++) {
      masker.add(i + "-".repeat(1000));
    }
    assertThatIllegalArgumentException().isThrownBy(() -> masker.add("+".repeat(1000)));

    assertThat(masker.maxRetainedBytes()).isEqualTo(stated);
    assertThat(GraphLayout.parseInstance(masker).totalSize()).isBetween(19_000L * 17, stated);
  }

  @Test
  void maxRetainedBytes_isAnUpperBoundOfValuesThatBeginAlike() {
    SecretMasker.Builder builder = SecretMasker.builder().roomBytes(0);
    for (int i = 0; i < 50; i++) {
      builder.add("-".repeat(4_000) + i);
    }
    SecretMasker masker = builder.build();
    assertThat(masker.maxRetainedBytes()).isLessThan(250_000);
    assertThat(GraphLayout.parseInstance(masker).totalSize())
        .isLessThanOrEqualTo(masker.maxRetainedBytes());
  }

  @Test
  void maxRetainedBytes_growsByWhatEachByteCosts() {
    long one =
        SecretMasker.builder().add("-".repeat(1_000)).roomBytes(0).build().maxRetainedBytes();
    long two =
        SecretMasker.builder().add("-".repeat(2_000)).roomBytes(0).build().maxRetainedBytes();
    assertThat(two - one).isEqualTo(1_000 * (17 + 2 + 6));
    long little = SecretMasker.builder().add("-").roomBytes(1_000).build().maxRetainedBytes();
    long more = SecretMasker.builder().add("-").roomBytes(2_000).build().maxRetainedBytes();
    assertThat(more - little).isEqualTo(1_000 * (17 + 17 + 8 + 2 + 6));
    long none = SecretMasker.builder().roomBytes(0).build().maxRetainedBytes();
    long some = SecretMasker.builder().roomBytes(1_000).build().maxRetainedBytes();
    // What is added may have several lines, which may look otherwise: tables, and two searches.
    long otherwise = 2L * EncodedForms.FIXED_BYTES + 2L * EncodedScan.FIXED_BYTES;
    assertThat(some - none - otherwise)
        .isBetween(1_000L * 50 + (65 << 10), 1_000L * 50 + (66 << 10));
    assertThat(none).isBetween(66L << 10, 67L << 10);
  }

  @Test
  void maxRetainedBytes_countsRoomForNoMoreThanTheMostValuesThereMayBe() {
    int all = SecretMasker.MAX_BYTES;
    long empty = SecretMasker.builder().roomBytes(all).build().maxRetainedBytes();
    assertThat(
            SecretMasker.builder().add("-".repeat(1_000)).roomBytes(all).build().maxRetainedBytes())
        .isEqualTo(empty);
  }

  @Test
  void room_holds4KiBIfNotSetAnd64KiBWithTheForms() {
    SecretMasker plain = SecretMasker.of("hunter2");
    plain.add("-".repeat(4 << 10));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> plain.add("+"))
        .withMessage("values added must be at most 0 B more in all their forms: 1");
    SecretMasker encoded = SecretMasker.builder().encoded(true).build();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> encoded.add("-".repeat(16 << 10)))
        .withMessageStartingWith("values added must be at most 65536 B more in all their forms: ");
  }

  @Test
  void held_isGivenBackAtTheLinesEnd() {
    SecretMasker masker = SecretMasker.of("x".repeat(10_000));
    LogProcessor stream = masker.forStream(LogSource.STDOUT);
    long before = GraphLayout.parseInstance(masker, stream).totalSize();
    ProcessorChain chain = ProcessorChain.of(line -> stream.process(line));
    chain.fragment("x".repeat(9_999).getBytes(UTF_8), true, false, false);
    assertThat(GraphLayout.parseInstance(masker, stream).totalSize()).isGreaterThan(before + 9_999);
    chain.fragment("y".getBytes(UTF_8), false, true, false);

    assertThat(GraphLayout.parseInstance(masker, stream).totalSize()).isEqualTo(before);
    assertThat(chain.lines()).containsExactly("x".repeat(9_999) + "y");
  }

  private static List<String> lines(SecretMasker masker, String... lines) {
    ProcessorChain chain = ProcessorChain.of(masker);
    for (String line : lines) {
      chain.line(line);
    }
    assertThat(chain.failures).isEmpty();
    return chain.lines();
  }

  private static void assertThatProcessed(LogProcessor stream, LogLine line) {
    try {
      stream.process(line);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
