package dev.logweir.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreeScanner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/**
 * No method and no constructor of a published module has more parameters than a reader can hold.
 */
class SignaturesTest {
  private static final int MOST = 5;

  @Test
  void parameters_areFiveAtMost() throws Exception {
    List<String> longer = new ArrayList<>();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      for (String module : GuardedFieldsTest.MODULES) {
        List<Path> sources = sources(module);
        assertThat(sources).isNotEmpty();
        JavacTask task =
            (JavacTask)
                compiler.getTask(
                    null, files, null, null, null, files.getJavaFileObjectsFromPaths(sources));
        for (CompilationUnitTree unit : task.parse()) {
          new LongSignatures(unit.getSourceFile().getName()).scan(unit, longer);
        }
      }
    }

    assertThat(longer).isEmpty();
  }

  private static List<Path> sources(String module) throws IOException {
    try (Stream<Path> all = Files.walk(Path.of("..", module, "src", "main", "java"))) {
      return all.filter(path -> path.toString().endsWith(".java")).sorted().toList();
    }
  }

  private static final class LongSignatures extends TreeScanner<Void, List<String>> {
    private final String file;

    LongSignatures(String file) {
      this.file = file;
    }

    @Override
    public Void visitMethod(MethodTree method, List<String> found) {
      if (method.getParameters().size() > MOST) {
        found.add(file + ": " + method.getName());
      }
      return super.visitMethod(method, found);
    }
  }
}
