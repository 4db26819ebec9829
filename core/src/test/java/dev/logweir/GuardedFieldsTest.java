package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

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
 * Where a class takes a lock, each field that changes says what guards it: {@code @GuardedBy},
 * which the compiler checks, {@code volatile}, or a line in the list of owners here.
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
          Map.entry("SecretMasker.Builder", "the thread that builds"));

  private static final Path SOURCES = Path.of("src/main/java/dev/logweir");

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
    try (Stream<Path> all = Files.list(SOURCES)) {
      for (Path file : all.sorted().toList()) {
        if (TAKES_A_LOCK.matcher(Files.readString(file)).find()) {
          files.add(file);
        }
      }
    }
    assertThat(files).hasSizeGreaterThan(10);
    return files;
  }

  private static Class<?> typeIn(Path file) throws ClassNotFoundException {
    return Class.forName("dev.logweir." + file.getFileName().toString().replace(".java", ""));
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
