package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.nio.charset.Charset;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.openjdk.jol.info.GraphLayout;
import org.slf4j.LoggerFactory;

/** Values in the forms that encoders give them, and without what stands around them. */
class EncodedSecretsTest {
  private static final String MASK = "**********";
  private static final String HARD = "it's \"q\" 4%S&ecret\\X é你\uD83D\uDE00+1";

  private static SecretMasker masker(String... values) {
    return SecretMasker.builder().add(values).encoded(true).build();
  }

  private static void assertMasked(String value, String... forms) {
    SecretMasker masker = masker(value);
    for (String form : forms) {
      assertThat(masker.mask("<" + form + ">")).as(form).isEqualTo("<" + MASK + ">");
      String out = String.join("", ProcessorChain.of(masker).line("<" + form + ">").lines());
      assertThat(out).as(form).isEqualTo("<" + MASK + ">");
    }
  }

  @Test
  void percent_isReadInAnyMixture() {
    assertMasked(
        "p a/ss:w%rd",
        "p%20a%2Fss%3Aw%25rd",
        "p+a/ss%3aw%25rd",
        "%70%20a%2fs%73:w%25rd",
        "p%2520a%252Fss%253Aw%2525rd",
        "p%2Ba%2Fss:w%25rd",
        "p a/ss:w%%rd");
  }

  @Test
  void json_isReadInLevels() {
    assertMasked(
        "pa\"ss\\w0rd/é-91",
        "pa\\\"ss\\\\w0rd\\/\\u00e9-91",
        "pa\\\\\\\"ss\\\\\\\\w0rd/\\\\u00E9-91",
        "pa\\\\\\\\\\\\\\\"ss\\\\\\\\\\\\\\\\w0rd/é-91");
    assertMasked("tab\there\u0001\uD83D\uDE00", "tab\\there\\u0001\\ud83d\\ude00");
    assertMasked("tab\there\u0001\uD83D\uDE00", "tab\\\\there\\\\u0001\\\\uD83D\\\\uDE00");
    assertMasked(
        "tab\there\u0001\uD83D\uDE00", "tab\\x09here\\x01\\u{1f600}", "tab\\11here\\1\\U0001f600");
  }

  @Test
  void quotes_areReadDoubledAndEnteredAgain() {
    assertMasked("it's-4-Secret", "it''s-4-Secret", "it'\\''s-4-Secret", "it'\"'\"'s-4-Secret");
    assertMasked("it's-4-Secret", "it\\'s-4-Secret", "it''''s-4-Secret", "it&#39;s-4-Secret");
    assertMasked("say\"hi\"77-tok", "say\"\"hi\"\"77-tok", "say`\"hi`\"77-tok");
  }

  @Test
  void shellsOfWindows_areRead() {
    assertMasked("a&b|c^d%e$f", "a^&b^|c^^d%%e$f", "a^^^&b^^^|c^^^^d%e$f", "a&b|c^d%e`$f");
    assertMasked("two\nlines-2", "two`nlines-2");
  }

  @Test
  void entities_areReadByNameAndNumber() {
    assertMasked(
        "a<b>&\"c'é1",
        "a&lt;b&gt;&amp;&quot;c&apos;é1",
        "a&#60;b&#x3E;&#038;&#x22;c&#39;&#233;1",
        "a&amp;lt;b&amp;gt;&amp;amp;&amp;#34;c'é1");
  }

  @Test
  void base64_isFoundInTheMidstOfWrappedText() {
    String value = "swordfish-swordfish-0123456789-~~~";
    SecretMasker masker = masker(value);
    for (int before = 0; before < 130; before++) {
      byte[] text = ("x".repeat(before) + value + "y".repeat(40)).getBytes(UTF_8);
      for (int width : List.of(20, 60, 64, 76)) {
        for (String lineEnd : List.of("\n", "\r\n", "\n    ", "\\n", "\\r\\n", "\\\\n")) {
          assertNothingLeft(
              masker.mask(wrapped(text, width, lineEnd)).replace(lineEnd, ""), value, 2);
        }
        ProcessorChain chain = ProcessorChain.of(masker);
        for (String line : wrapped(text, width, "\n").split("\n", -1)) {
          chain.line(before % 2 == 0 ? line : "  " + line + "\r");
        }
        // Fewer than six characters in front of a wrap may stay.
        assertNothingLeft(String.join("", chain.lines()).replaceAll("[\r ]", ""), value, 4);
      }
    }
  }

  @Test
  void base64_goesOnOverLinesAndFragments() {
    String value = "0123456789abcdef".repeat(300);
    SecretMasker masker = masker(value);
    String text = wrapped(value.getBytes(UTF_8), 5_000, "\n");
    ProcessorChain chain = ProcessorChain.of(masker);
    chain.line("before");
    chain.fragments(false, text.substring(0, 4_000), text.substring(4_000, 5_000));
    chain.fragments(false, text.substring(5_001, 6_000), text.substring(6_000));
    chain.line("after");
    assertThat(chain.lines()).containsExactly("before", MASK, MASK, "after");
    assertThat(chain.passedBytes()).isEqualTo(chain.takenBytes);
  }

  @Test
  void wrap_isForgottenAtAGapAndWhereItsLineIsOver() {
    String text = Base64.getEncoder().encodeToString("swordfish-swordfish".getBytes(UTF_8));
    String start = text.substring(0, 12);
    String rest = text.substring(12);
    ProcessorChain chain = ProcessorChain.of(masker("swordfish-swordfish"));
    chain.line(start).line(rest);
    chain.line(start).gap().line(rest);
    chain.line(start).line("other").line(rest);
    assertThat(chain.lines()).containsExactly(MASK, MASK, MASK, rest, MASK, "other", rest);
  }

  @Test
  void utf16_isReadInBothOrders() {
    for (Charset charset : List.of(UTF_16LE, UTF_16BE)) {
      for (String value : List.of("swordfish", HARD)) {
        ProcessorChain chain = ProcessorChain.of(masker(value));
        chain.fragments(false, ("a " + value + " z").getBytes(charset));
        assertThat(new String(chain.pieces.get(0).bytes(), UTF_8).replace("\0", ""))
            .isEqualTo("a " + MASK + " z");
      }
    }
  }

  @Test
  void hardValue_isFoundInTheFormsThatLeaveNothingAsItIs() {
    SecretMasker masker = masker(HARD);
    for (Charset charset : List.of(UTF_8, UTF_16LE, UTF_16BE)) {
      for (int before = 0; before < 4; before++) {
        byte[] bytes = ("x".repeat(before) + HARD + "yy").getBytes(charset);
        for (Base64.Encoder encoder : List.of(Base64.getEncoder(), Base64.getUrlEncoder())) {
          String text = encoder.encodeToString(bytes);
          String found = masker.mask(text);
          assertThat(found).contains(MASK);
          assertThat(found.length()).isLessThanOrEqualTo(10 + (before + 2) * 3 + 6);
        }
      }
    }
    byte[] bytes = HARD.getBytes(UTF_8);
    assertMasked(
        HARD, HexFormat.of().formatHex(bytes), HexFormat.of().withUpperCase().formatHex(bytes));
  }

  @Test
  void valuesAreFoundWithoutWhatStandsAroundThem() {
    for (String value :
        List.of(
            "tok3n-value-5\r",
            "tok3n-value-5 ",
            "\ttok3n-value-5\r\n",
            "\"tok3n-value-5\"",
            "'tok3n-value-5'\n",
            "\uFEFFtok3n-value-5")) {
      for (SecretMasker masker : List.of(SecretMasker.of(value), masker(value))) {
        assertThat(masker.mask("is tok3n-value-5.")).isEqualTo("is " + MASK + ".");
      }
    }
    assertThat(SecretMasker.of("\"tok3n-value-5\"").mask("x=\"tok3n-value-5\""))
        .isEqualTo("x=" + MASK);
    assertThat(SecretMasker.of("\"a\"").mask("a \"a\"")).isEqualTo("a " + MASK);
  }

  @Test
  void linesOfAValue_areFoundLaidOutAnew() {
    String value = "{\n  \"id\":  \"f0e1d2c3\",\n  \"secret\": \"hunter2 hunter2\"\n}";
    for (SecretMasker masker : List.of(SecretMasker.of(value), masker(value))) {
      for (String text :
          List.of(
              "{ \"id\": \"f0e1d2c3\", \"secret\": \"hunter2 hunter2\" }",
              "{\n\t\"id\":\t\"f0e1d2c3\",\n\t\"secret\": \"hunter2\t hunter2\"\n}")) {
        assertThat(masker.mask(text)).as(text).doesNotContain("f0e1", "hunter2");
      }
    }
    assertThat(
            masker(value)
                .mask(
                    "<{\\n\\t\\\"id\\\": \\\"f0e1d2c3\\\",\\n\\\"secret\\\":"
                        + " \\\"hunter2 hunter2\\\"\\n}>"))
        .isEqualTo("<" + MASK + ">");
  }

  @Test
  void blankValues_areIgnoredWithAWarningThatHasTheirNumberAlone() {
    Logger logger = (Logger) LoggerFactory.getLogger(SecretMasker.class);
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    logger.addAppender(log);
    try {
      SecretMasker masker = SecretMasker.of(" ", "\t\r\n", "\"\"", "", "pass-1\n        \npass-2");
      assertThat(masker).hasToString("SecretMasker[1 value]");
      assertThat(masker.mask("a b\t\"\"        pass-2")).isEqualTo("a b\t\"\"        " + MASK);
    } finally {
      logger.detachAppender(log);
    }
    assertThat(log.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .containsExactly(
            "secret masker: not masked as they are blank: 3 values, 1 lines of others");
  }

  @Test
  void otherText_isLeftAsItIs() {
    SecretMasker masker = masker("swordfish", "it's a p+ss");
    for (String text :
        List.of(
            "100% of %zz and %4 \\ \\u12 \\x & &amp; &#x; ^ ` '' \"\" + ++ \\\\\\\\",
            "swordfis% swordfis%6 swordfis\\u006 swordfis&#x68",
            "c3dvcmRmaXNo".substring(0, 10) + ".",
            "c3dvcmRm\nYXNo")) {
      assertThat(masker.mask(text)).isSameAs(text);
    }
  }

  @Test
  void repeatedValues_takeNoMoreTimeThanTheirLengthAllows() {
    String value = "\"a\\\" ".repeat(400);
    SecretMasker masker = masker(value + "x", "\\".repeat(200), "'\"".repeat(99) + "x");
    assertThat(masker.mask(value.repeat(3) + "\\".repeat(500) + "'\"".repeat(300))).isNotEmpty();
  }

  @Test
  void held_isBoundedHoweverLongAnEscapedValueIs() {
    String value = "abcdefgh".repeat(20);
    SecretMasker masker = masker(value);
    LogProcessor stream = masker.forStream(LogSource.STDOUT);
    ProcessorChain chain = ProcessorChain.of(line -> stream.process(line));
    String form = "%25252561".repeat(1) + value.substring(1);
    chain.fragments(false, form.substring(0, 100), form.substring(100) + "!");
    assertThat(chain.lines()).containsExactly(MASK + "!");
    chain.fragment(
        value.substring(0, 159).replaceAll("(.)", "\\\\\\\\\\\\\\\\$1").getBytes(UTF_8),
        true,
        false,
        false);
    assertThat(GraphLayout.parseInstance(masker, stream).totalSize())
        .isLessThanOrEqualTo(masker.maxRetainedBytes());
  }

  @Test
  void signsAtTheEndOfAPiece_areReadWithWhatFollows() {
    ProcessorChain chain = ProcessorChain.of(masker("a", "ab-and-more"));
    String line = "a&#97;\\\\\"x";
    for (int cut = 1; cut < line.length(); cut++) {
      chain.fragments(false, line.substring(0, cut), line.substring(cut));
    }
    assertThat(chain.lines()).hasSize(line.length() - 1).containsOnly(MASK + line.substring(1));
    chain = ProcessorChain.of(masker("k\14", "kax-and-more"));
    chain.fragments(false, "k&#107;\\14", "1!");
    chain.fragments(false, "k&#107;\\14", "!");
    assertThat(chain.lines()).containsExactly("k&#107;\\141!", "k" + MASK + "!");
  }

  @Test
  void maxRetainedBytes_coversFormsOfValuesAddedLater() {
    SecretMasker masker = SecretMasker.builder().encoded(true).roomBytes(200_000).build();
    long stated = masker.maxRetainedBytes();
    int added = 0;
    try {
      while (added < 10_000) {
        byte[] bytes = new byte[30];
        ThreadLocalRandom.current().nextBytes(bytes);
        masker.add(Base64.getEncoder().encodeToString(bytes) + (added % 3 == 0 ? "é你" : ""));
        added++;
      }
    } catch (IllegalArgumentException full) {
      assertThat(full).hasMessageContaining("B more in all their forms");
    }
    assertThat(added).isBetween(200, 1_000);
    assertThat(masker.maxRetainedBytes()).isEqualTo(stated);
    assertThat(GraphLayout.parseInstance(masker).totalSize()).isLessThan(stated);
  }

  private static String wrapped(byte[] text, int width, String lineEnd) {
    String one = Base64.getEncoder().encodeToString(text);
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < one.length(); i += width) {
      lines.append(i == 0 ? "" : lineEnd).append(one, i, Math.min(one.length(), i + width));
    }
    return lines.toString();
  }

  /**
   * What is left in front of a mask and behind it decodes to no more of a value than a few bytes.
   */
  private static void assertNothingLeft(String masked, String value, int most) {
    String[] rest = masked.split("\\*{10}", -1);
    String before = decoded(rest[0]);
    assertThat(rest.length).as(masked).isGreaterThan(1);
    int at = before.indexOf(value.charAt(0));
    assertThat(at < 0 ? 0 : before.length() - at).as(before).isLessThanOrEqualTo(most);
    assertThat(rest[rest.length - 1]).doesNotContain("Njc4OS1").hasSizeLessThan(60);
  }

  private static String decoded(String base64) {
    return new String(Base64.getDecoder().decode(base64.substring(0, base64.length() & ~3)), UTF_8);
  }
}
