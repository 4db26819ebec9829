package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The page for a first program shows what is here, and what comes of it. */
@Timeout(60)
class FirstProgramTest {
  private static final Path PAGE = Path.of("..", "docs", "first-program.md");

  @TempDir private Path folder;

  @Test
  void page_showsTheTwoFiles() throws Exception {
    assertThat(blocks("java")).containsExactly(code("FirstProgram"), code("FileSender"));
  }

  @Test
  void page_showsWhatOneSees() throws Exception {
    Matcher args = Pattern.compile("-Dexec.args=\"sh -c '(.*)'\"").matcher(blocks("sh").get(0));
    assertThat(args.find()).isTrue();
    Process program =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                FirstProgram.class.getName(),
                "sh",
                "-c",
                args.group(1))
            .directory(folder.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String printed = new String(program.getInputStream().readAllBytes(), UTF_8);

    assertThat(program.waitFor()).isZero();
    assertThat(printed + Files.readString(folder.resolve("job.log")))
        .isEqualToNormalizingNewlines(blocks("text").get(0) + "\n");
  }

  private static List<String> blocks(String kind) throws Exception {
    List<String> blocks = new ArrayList<>();
    Matcher block =
        Pattern.compile("```" + kind + "\n(.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(PAGE));
    while (block.find()) {
      blocks.add(block.group(1).strip());
    }
    return blocks;
  }

  /** Returns a file of the examples without its package. */
  private static String code(String name) throws Exception {
    String file = Files.readString(Path.of("src/main/java/dev/logweir/examples", name + ".java"));
    return file.substring(file.indexOf(';') + 1).strip();
  }
}
