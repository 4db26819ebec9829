package dev.logweir;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** What a native image must keep, as core looks it up by its name, is in the jar's metadata. */
class NativeImageTest {
  private static final String METADATA =
      "/META-INF/native-image/dev.logweir/logweir-core/reachability-metadata.json";
  private static final Pattern ENTRY =
      Pattern.compile(
          "\"type\": \"([^\"]+)\"|\"name\": \"(\\w+)\", \"parameterTypes\": \\[([^\\]]*)\\]");

  @Test
  void whatIsLookedUpByName_isInTheMetadata() throws IOException {
    Set<String> listed = new TreeSet<>();
    for (Listed method : listed()) {
      listed.add(method.name);
      if (!method.type.equals(Thread.class.getName())) { // named by its class
        listed.add(method.type);
      }
    }
    assertThat(listed).isEqualTo(namesIn(DaemonThreads.class, "virtual"));
  }

  @Test
  @EnabledForJreRange(min = JRE.JAVA_21)
  void whatTheMetadataLists_isThere() throws Exception {
    for (Listed method : listed()) {
      Class<?> type = Class.forName(method.type);
      assertThat(type.getMethod(method.name, method.parameters.toArray(new Class<?>[0])))
          .isNotNull();
    }
  }

  @Test
  void nothingElse_isLookedUpByName() {
    noClasses()
        .that()
        .doNotBelongToAnyOf(DaemonThreads.class)
        .should()
        .accessClassesThat()
        .belongToAnyOf(MethodHandles.Lookup.class)
        .orShould()
        .accessClassesThat()
        .resideInAPackage("java.lang.reflect")
        .orShould()
        .callMethodWhere(
            describe(
                "looks up by name",
                call ->
                    call.getTargetOwner().isEquivalentTo(Class.class)
                        && call.getName()
                            .matches("forName|get(Declared)?(Method|Field|Constructor)s?")))
        .check(
            new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("dev.logweir"));
  }

  private record Listed(String type, String name, List<Class<?>> parameters) {}

  private static List<Listed> listed() throws IOException {
    List<Listed> all = new ArrayList<>();
    Matcher entries = ENTRY.matcher(metadata());
    String type = "";
    while (entries.find()) {
      if (entries.group(1) != null) {
        type = entries.group(1);
      } else {
        all.add(new Listed(type, entries.group(2), parameters(entries.group(3))));
      }
    }
    return all;
  }

  private static List<Class<?>> parameters(String names) {
    List<Class<?>> parameters = new ArrayList<>();
    for (String name : names.isEmpty() ? new String[0] : names.replace("\"", "").split(", ", -1)) {
      parameters.add(
          switch (name) {
            case "long" -> long.class;
            case "boolean" -> boolean.class;
            case "java.lang.String" -> String.class;
            default -> throw new AssertionError("a type that this test does not know: " + name);
          });
    }
    return parameters;
  }

  private static String metadata() throws IOException {
    try (InputStream in = LogStreamer.class.getResourceAsStream(METADATA)) {
      return new String(Objects.requireNonNull(in, METADATA).readAllBytes(), UTF_8);
    }
  }

  /** Returns the texts in a method that are names: its messages have blanks. */
  private static Set<String> namesIn(Class<?> type, String method) throws IOException {
    Set<String> names = new TreeSet<>();
    new ClassReader(type.getName())
        .accept(
            new ClassVisitor(Opcodes.ASM9) {
              @Override
              public @Nullable MethodVisitor visitMethod(
                  int access,
                  String name,
                  String descriptor,
                  @Nullable String signature,
                  String @Nullable [] exceptions) {
                return !name.equals(method)
                    ? null
                    : new MethodVisitor(Opcodes.ASM9) {
                      @Override
                      public void visitLdcInsn(Object value) {
                        if (value instanceof String text && text.indexOf(' ') < 0) {
                          names.add(text);
                        }
                      }
                    };
              }
            },
            ClassReader.SKIP_DEBUG | ClassReader.SKIP_FRAMES);
    return names;
  }
}
