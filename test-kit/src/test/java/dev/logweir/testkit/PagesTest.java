package dev.logweir.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The code of the pages is the code that is tested. */
class PagesTest {
  @Test
  void pageOnSenders_showsTheSenderAndItsTests() throws Exception {
    assertThat(blocks("writing-a-sender.md"))
        .containsExactly(
            code("NdjsonSender"),
            code("LabelledLines"),
            code("NdjsonSenderTest"),
            code("RunnerTest"));
  }

  /** What the kits are for: little is left to write, blank lines and comments included. */
  @Test
  void senderAndItsTest_areShort() throws Exception {
    assertThat(code("NdjsonSender").lines()).hasSizeLessThanOrEqualTo(40);
    assertThat(code("NdjsonSenderTest").lines()).hasSizeLessThanOrEqualTo(15);
  }

  @Test
  void pageOnSenders_countsTheTests() throws Exception {
    assertThat(Files.readString(Path.of("..", "docs", "writing-a-sender.md")).replace('\n', ' '))
        .contains(
            "`BatchSenderContract` of `logweir-test-kit` tests all that, in "
                + tests(BatchSenderContract.class)
                + " tests",
            "`DeliveryContract` has the " + tests(DeliveryContract.class) + " of them");
  }

  private static long tests(Class<?> contract) {
    return Arrays.stream(contract.getMethods())
        .filter(method -> method.isAnnotationPresent(Test.class))
        .count();
  }

  @Test
  void pageOnProcessors_showsTheProcessor() throws Exception {
    assertThat(blocks("writing-a-processor.md")).containsExactly(code("ProgressBars"));
  }

  private static List<String> blocks(String name) throws Exception {
    List<String> blocks = new ArrayList<>();
    String page = Files.readString(Path.of("..", "docs", name));
    Matcher block = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(page);
    while (block.find()) {
      blocks.add(block.group(1).strip());
    }
    return blocks;
  }

  /** Returns a class of this folder without its package, its imports and its comment. */
  private static String code(String name) throws Exception {
    String text =
        Files.readString(
            Path.of("src", "test", "java", "dev", "logweir", "testkit", name + ".java"));
    int head = Math.max(text.indexOf("\nfinal class " + name), text.indexOf("\nclass " + name));
    return text.substring(head).strip();
  }
}
