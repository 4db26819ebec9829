package dev.logweir.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java that the texts show compiles, warnings included. */
class MarkdownCodeTest {
  private static final Path ROOT =
      Path.of(System.getProperty("basedir", "")).toAbsolutePath().getParent();
  private static final Pattern TYPE =
      Pattern.compile("(?m)^(public |final |abstract )*(class|interface|record|enum) ");

  /** Their blocks are whole files: PagesTest of test-kit and FirstProgramTest compare them. */
  private static final Set<String> WHOLE_FILES =
      Set.of("first-program.md", "writing-a-processor.md", "writing-a-sender.md");

  /** What the texts take for granted: imports, and names that stand for a reader's own things. */
  private static final String PREAMBLE =
      """
      import dev.logweir.*;
      import dev.logweir.faktory.*;
      import dev.logweir.kubernetes.*;
      import dev.logweir.opslevel.*;
      import io.fabric8.kubernetes.client.KubernetesClient;
      import io.micrometer.core.instrument.MeterRegistry;
      import java.io.*;
      import java.net.*;
      import java.nio.file.*;
      import java.time.*;
      import java.util.*;
      import java.util.concurrent.*;
      @SuppressWarnings("all")
      """;

  private static final String NAMES =
      """
        interface Api { void append(String jobId, List<String> lines) throws IOException; }
        static Api api; static String job; static String jobId; static String runnerId; static String runnerJobId;
        static String token; static List<String> secrets; static MeterRegistry registry;
        static LogStreamer log; static String[] command; static io.kubernetes.client.openapi.ApiClient apiClient;
        static KubernetesClient client; static BatchSender sender; static Map<String, String> variables;
        interface Session { InputStream stdout(); InputStream stderr(); int waitFor() throws InterruptedException; }
        static Session session;
        static void exec(String job, OutputStream stdout, OutputStream stderr) {}
      """;

  @TempDir private Path classes;

  @Test
  void readme_hasJava() throws Exception {
    assertThat(blocks(ROOT.resolve("README.md"))).isNotEmpty();
  }

  @Test
  void everyBlock_compiles() throws Exception {
    List<Block> blocks = new ArrayList<>();
    for (Path text : texts()) {
      blocks.addAll(blocks(text));
    }

    assertThat(blocks).isNotEmpty();
    assertThat(errors(blocks)).isEmpty();
  }

  @Test
  void aBlockThatIsWrong_isFound() {
    Block wrong = new Block("X.md", 3, List.of("int one = 1;", "String two = one;"));
    Block unknown = new Block("X.md", 9, List.of("LogStreamer.nothing();"));

    assertThat(errors(List.of(wrong, unknown)))
        .hasSize(2)
        .satisfiesExactly(
            first -> assertThat(first).startsWith("X.md:4: incompatible types"),
            second -> assertThat(second).startsWith("X.md:9: cannot find symbol"));
  }

  /** A code block; {@code line} is the number of its first line of code in the text. */
  private record Block(String file, int line, List<String> code) {
    /** A whole file as it is, a type or members in a class, or else statements in a method. */
    String source(String name) {
      String text = String.join("\n", code);
      if (text.contains("package ") || text.contains("import ")) {
        throw new AssertionError(file + ":" + line + ": the test gives the imports");
      }
      String body =
          TYPE.matcher(text).find() || isMember()
              ? text
              : "void run() throws Exception {\n" + text + "\n}";
      return PREAMBLE + "class " + name + " {\n" + NAMES + "//\n" + body + "\n}\n";
    }

    /** Lines of the source before the block's first one. */
    int offset() {
      String source = source("X");
      return (int) source.substring(0, source.indexOf(code.get(0))).lines().count();
    }

    private boolean isMember() {
      return code.get(0).matches("(public|private|static|@Override).*");
    }
  }

  private static List<Path> texts() throws IOException {
    try (Stream<Path> files = Files.walk(ROOT, 2)) {
      return files
          .filter(file -> file.toString().endsWith(".md"))
          .filter(file -> !ROOT.relativize(file).toString().contains("target"))
          .filter(file -> !WHOLE_FILES.contains(file.getFileName().toString()))
          .sorted()
          .toList();
    }
  }

  private static List<Block> blocks(Path file) throws IOException {
    List<Block> blocks = new ArrayList<>();
    List<String> lines = Files.readAllLines(file);
    for (int i = 0; i < lines.size(); i++) {
      if (!lines.get(i).strip().toLowerCase(Locale.ROOT).startsWith("```java")) {
        continue;
      }
      int start = i + 1;
      for (i = start; !lines.get(i).strip().equals("```"); i++) {
        assertThat(i + 1).as("the end of the block at %s:%d", file, start).isLessThan(lines.size());
      }
      blocks.add(new Block(ROOT.relativize(file).toString(), start + 1, lines.subList(start, i)));
    }
    return blocks;
  }

  private List<String> errors(List<Block> blocks) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    List<String> errors = new ArrayList<>();
    for (int i = 0; i < blocks.size(); i++) {
      Block block = blocks.get(i);
      String name = "Block" + i;
      DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
      List<String> options =
          List.of(
              "-d", classes.toString(), "-proc:none", "--release", "17", "-classpath", classPath());
      compiler
          .getTask(null, null, found, options, null, List.of(inMemory(name, block.source(name))))
          .call();
      for (Diagnostic<?> diagnostic : found.getDiagnostics()) {
        if (diagnostic.getKind() == Diagnostic.Kind.ERROR) {
          long line = block.line() + diagnostic.getLineNumber() - 1 - block.offset();
          errors.add(block.file() + ":" + line + ": " + diagnostic.getMessage(Locale.ROOT));
        }
      }
    }
    return errors;
  }

  private static String classPath() {
    return System.getProperty("java.class.path");
  }

  private static JavaFileObject inMemory(String name, String source) {
    URI uri = URI.create("string:///" + name + ".java");
    return new SimpleJavaFileObject(uri, JavaFileObject.Kind.SOURCE) {
      @Override
      public CharSequence getCharContent(boolean ignoreEncodingErrors) {
        return source;
      }
    };
  }
}
