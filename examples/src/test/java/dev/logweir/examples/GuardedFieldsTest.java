package dev.logweir.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Where a class of a published module takes a lock, each field that changes says what guards it:
 * {@code @GuardedBy}, which the compiler checks, {@code volatile}, or a line in the list of owners
 * here.
 *
 * <p>The annotation is in no class file, so that the sources are read.
 */
class GuardedFieldsTest {
  /** Fields that one thread at a time uses, and which one, or by what it comes to the next. */
  private static final Map<String, String> OWNERS =
      Map.ofEntries(
          Map.entry("DrainLoop.interruptSeen", "the thread that drains"),
          Map.entry("JobEnd.timeoutNanos", "set once, under the job's lock, before it begins"),
          Map.entry("JobEnd.deadlineNanos", "set once, under the job's lock, before it begins"),
          Map.entry("Closing.inTime", "set once, before it is handed to its thread"),
          Map.entry("OutcomeStore.used", "the thread that drains, as it alone calls a processor"),
          Map.entry("SendTask.gone", "the thread that sends"),
          Map.entry("SendTask.Call.batch", "set once, before the call is seen by others"),
          Map.entry("MemoryBudget.Waiter", "the budget's lock, of which it has no reference"),
          Map.entry("LogweirEngine.Builder", "the thread that builds"),
          Map.entry("SecretMasker.Builder", "the thread that builds"),
          Map.entry("kubernetes.ExecStream.Source.proof", "set before its reader begins"),
          Map.entry("testkit.JobRecorder.Explanation", "the thread that asserts"));

  static final List<String> MODULES =
      List.of("core", "sender-kit", "opslevel-sink", "faktory-sink", "kubernetes", "test-kit");

  private static final Pattern TAKES_A_LOCK =
      Pattern.compile("\\.(lock|tryLock|lockInterruptibly)\\(\\)");

  private static final Pattern GUARDED =
      Pattern.compile("@GuardedBy\\(\"[^\"]+\"\\)\\s+[^;=(]*?(\\w+)( =[^;]*)?;");

  @Test
  void fieldsOfClassesThatTakeLocks_sayWhatGuardsThem() throws Exception {
    List<String> unguarded = new ArrayList<>();
    for (Path file : filesThatTakeLocks()) {
      Map<String, Integer> guarded = guardedIn(Files.readString(file));
      Class<?> type = typeIn(file);
      for (Field field : changingFields(type)) {
        if (!isOwned(field) && guarded.merge(field.getName(), -1, Integer::sum) < 0) {
          unguarded.add(nameOf(field));
        }
      }
    }

    assertThat(unguarded).isEmpty();
  }

  @Test
  void owners_areOfFieldsThatThereAre() throws Exception {
    List<String> found = new ArrayList<>();
    for (Path file : filesThatTakeLocks()) {
      Class<?> type = typeIn(file);
      for (Field field : changingFields(type)) {
        found.add(nameOf(field));
        found.add(nameOf(field.getDeclaringClass()));
      }
    }

    assertThat(found).containsAll(OWNERS.keySet());
  }

  private static List<Path> filesThatTakeLocks() throws IOException {
    List<Path> files = new ArrayList<>();
    for (String module : MODULES) {
      try (Stream<Path> all = Files.walk(sources(module))) {
        for (Path file : all.filter(path -> path.toString().endsWith(".java")).sorted().toList()) {
          if (TAKES_A_LOCK.matcher(Files.readString(file)).find()) {
            files.add(file);
          }
        }
      }
    }
    assertThat(files).hasSizeGreaterThan(30);
    return files;
  }

  private static Path sources(String module) {
    return Path.of("..", module, "src", "main", "java");
  }

  private static Class<?> typeIn(Path file) throws ClassNotFoundException {
    String path = file.toString().replace(File.separatorChar, '/').replace(".java", "");
    String name = path.substring(path.indexOf("dev/logweir/")).replace('/', '.');
    return Class.forName(name, false, GuardedFieldsTest.class.getClassLoader());
  }

  /** Returns how often each name is declared as guarded: nested classes share names. */
  private static Map<String, Integer> guardedIn(String source) {
    Map<String, Integer> names = new TreeMap<>();
    Matcher declarations = GUARDED.matcher(source);
    while (declarations.find()) {
      names.merge(declarations.group(1), 1, Integer::sum);
    }
    return names;
  }

  /** Returns the fields of a class, and of those within it, that change and are not volatile. */
  private static List<Field> changingFields(Class<?> type) {
    List<Field> fields = new ArrayList<>();
    for (Field field : type.getDeclaredFields()) {
      int modifiers = field.getModifiers();
      if (!field.isSynthetic() && (modifiers & (Modifier.FINAL | Modifier.VOLATILE)) == 0) {
        fields.add(field);
      }
    }
    Arrays.stream(type.getDeclaredClasses()).forEach(inner -> fields.addAll(changingFields(inner)));
    return fields;
  }

  private static boolean isOwned(Field field) {
    return OWNERS.containsKey(nameOf(field))
        || OWNERS.containsKey(nameOf(field.getDeclaringClass()));
  }

  private static String nameOf(Field field) {
    return nameOf(field.getDeclaringClass()) + "." + field.getName();
  }

  private static String nameOf(Class<?> type) {
    return type.getName().substring("dev.logweir.".length()).replace('$', '.');
  }
}
