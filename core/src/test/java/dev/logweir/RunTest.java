package dev.logweir;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which lines a processor is shown that says of runs what it must see. */
@Timeout(60)
class RunTest {
  private static final int LINES = 200;
  private static final int LENGTH = 997;

  private final List<String> shown = new ArrayList<>();
  private final LogweirEngine engine = LogweirEngine.builder().build();
  private final StallingSender sender = new StallingSender();

  @AfterEach
  void closeEngine() {
    engine.close();
  }

  /** Must see lines that contain an exclamation mark. */
  private final class Marks implements RunProcessor {
    @Override
    public int plainUntil(byte[] bytes, int from, int end) {
      int mark = new String(bytes, from, end - from, ISO_8859_1).indexOf('!');
      return mark < 0 ? end : Newlines.last(bytes, from, from + mark) + 1;
    }

    @Override
    public void process(LogLine line) {
      shown.add(line.number() + ": " + line.text());
    }
  }

  private static String line(int number, String end) {
    String text = number + ": ";
    return text + "x".repeat(LENGTH - text.length() - end.length()) + end;
  }

  /** Writes lines longer than what is left of many a segment; each tenth ends with a mark. */
  private List<String> writeAndFinish(boolean marked) {
    List<String> lines = new ArrayList<>();
    LogStreamer log = LogStreamer.builder(sender).engine(engine).processor(new Marks()).start();
    for (int i = 1; i <= LINES; i++) {
      lines.add(line(i, marked && i % 10 == 0 ? "!" : "."));
      log.stdout().write((lines.get(i - 1) + "\n").getBytes(US_ASCII));
    }
    assertThat(log.finish().isComplete()).isTrue();
    return lines;
  }

  @Test
  void linesThatLieInTwoSegments_areNotShownEither() {
    List<String> lines = writeAndFinish(false);
    assertThat(shown).isEmpty();
    assertThat(sender.lines()).isEqualTo(lines);
  }

  @Test
  void lineThatMustBeSeen_isShownOnceWithItsNumber() {
    List<String> lines = writeAndFinish(true);
    assertThat(shown)
        .isEqualTo(
            lines.stream()
                .filter(text -> text.endsWith("!"))
                .map(text -> text.replaceAll(":.*", "") + ": " + text)
                .toList());
    assertThat(sender.lines()).isEqualTo(lines);
  }
}
