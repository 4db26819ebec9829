package dev.logweir;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

/** Lines that are passed over at once, against the same lines shown to the masker one by one. */
class EncodedRunsProperties {
  private static final String NOISE = "abQUFHzZ019+/=  \t'\"\\%&^`-.:é";

  @Property(tries = 2_000)
  void linesPassedOver_areThoseThatAreLeftAsTheyAre(@ForAll long seed) {
    Random random = new Random(seed);
    List<String> values = new ArrayList<>();
    for (int i = random.nextInt(4); i >= 0; i--) {
      values.add(value(random));
    }
    SecretMasker masker =
        SecretMasker.builder().addAll(values).encoded(random.nextInt(8) > 0).roomBytes(0).build();
    byte[] text = text(values, random).getBytes(ISO_8859_1);

    String oneByOne = masked(masker, text, null);
    assertThat(masked(masker, text, random)).as(values.toString()).isEqualTo(oneByOne);
  }

  private static String value(Random random) {
    StringBuilder value = new StringBuilder();
    for (int i = 3 + random.nextInt(30); i > 0; i--) {
      value.append(random.nextInt(12) == 0 ? "\n \u00e9".charAt(random.nextInt(3)) : noise(random));
    }
    // In UTF-16 the second one begins with the byte of a blank.
    return (random.nextInt(4) > 0 ? "v" : "\u0120") + value + "v";
  }

  private static char noise(Random random) {
    return NOISE.charAt(random.nextInt(NOISE.length()));
  }

  /** Lines of noise, with values in their forms, whole and in part, wrapped anywhere. */
  private static String text(List<String> values, Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(30); i >= 0; i--) {
      String form =
          switch (random.nextInt(4)) {
            case 0 -> form(values.get(random.nextInt(values.size())), random);
            case 1 -> "plain text";
            default -> noise(random) + "" + noise(random);
          };
      int from = random.nextInt(3) == 0 ? random.nextInt(form.length()) : 0;
      int to = random.nextInt(3) == 0 ? from + random.nextInt(form.length() - from) : form.length();
      for (int at = from; at < to; at++) {
        text.append(form.charAt(at));
        if (random.nextInt(20) == 0) {
          text.append("\n".repeat(1 + random.nextInt(2))).append(" ".repeat(random.nextInt(3)));
        }
      }
      text.append(random.nextBoolean() ? "\n" : "");
    }
    return text.append('\n').toString();
  }

  private static String form(String value, Random random) {
    byte[] bytes = value.getBytes(random.nextInt(4) == 0 ? UTF_16LE : UTF_8);
    byte[] shifted =
        Arrays.copyOfRange(
            ("xy" + new String(bytes, ISO_8859_1)).getBytes(ISO_8859_1),
            random.nextInt(3),
            bytes.length + 2);
    return switch (random.nextInt(4)) {
      case 0 -> Base64.getEncoder().encodeToString(shifted);
      case 1 -> Base64.getUrlEncoder().encodeToString(shifted);
      case 2 -> HexFormat.of().formatHex(bytes);
      default -> new String(bytes, ISO_8859_1);
    };
  }

  /** Masks lines as a drain does, in runs of random lengths; one by one if there is no random. */
  private String masked(SecretMasker masker, byte[] text, @Nullable Random random) {
    MaskerStream stream = new MaskerStream(masker::values);
    Collector collector = new Collector();
    ProcessorStage stage =
        new ProcessorStage(LogSource.STDOUT, stream, collector, JobSettings.DEFAULT_MAX_LINE);
    stage.lend(new byte[JobSettings.DEFAULT_MAX_LINE + Scratch.PREFIX_BYTES]);
    int from = 0;
    while (from < text.length) {
      int runEnd = text.length;
      if (random != null && random.nextBoolean()) {
        runEnd = Newlines.first(text, from + random.nextInt(text.length - from), text.length) + 1;
      }
      int line = from;
      while (line < runEnd) {
        int plain = random == null ? line : stream.plainUntil(text, line, runEnd);
        collector.masked.append(new String(text, line, plain - line, ISO_8859_1));
        line = plain;
        if (line < runEnd) {
          int end = Newlines.first(text, line, runEnd);
          stage.accept(line(text, line, end));
          line = end + 1;
        }
      }
      from = runEnd;
    }
    return collector.masked.toString();
  }

  private static LogLine line(byte[] text, int from, int to) {
    LogLine line = new LogLine(LogSource.STDOUT);
    line.setContent(text, from, to - from);
    line.setPart(true, true, false);
    line.setTally(to + 1 - from, 1);
    return line;
  }

  private static final class Collector implements LineTarget {
    final StringBuilder masked = new StringBuilder();

    @Override
    public void accept(LogLine line) {
      masked.append(new String(line.array(), line.offset(), line.length(), ISO_8859_1));
      masked.append('\n');
    }

    @Override
    public void filtered(long sourceBytes, int sourceLines) {
      throw new AssertionError("nothing is removed");
    }

    @Override
    public void failed(Throwable cause, long sourceBytes, int sourceLines) {
      throw new AssertionError(cause);
    }

    @Override
    public void warn(Throwable cause) {
      throw new AssertionError(cause);
    }
  }
}
