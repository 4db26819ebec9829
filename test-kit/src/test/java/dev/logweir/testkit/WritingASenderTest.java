package dev.logweir.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The code of the page is the code that is tested. */
class WritingASenderTest {
  @Test
  void page_showsTheSenderAndItsTest() throws Exception {
    List<String> blocks = blocks(Path.of("..", "docs", "writing-a-sender.md"));

    assertThat(blocks).hasSize(3);
    assertThat(blocks.get(0)).isEqualTo(code("NdjsonSender"));
    assertThat(blocks.get(1)).isEqualTo(code("LabelledLines"));
    assertThat(blocks.get(2)).isEqualTo(code("NdjsonSenderTest"));
  }

  private static List<String> blocks(Path page) throws Exception {
    List<String> blocks = new ArrayList<>();
    Matcher block =
        Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(page));
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
