package dev.logweir;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.Timer;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.spi.LoggingEventBuilder;

class ArchitectureTest {
  /** Every type that a user can name, nested ones as {@code Outer.Inner}, in alphabetical order. */
  private static final List<String> PUBLIC_TYPES =
      List.of(
          "AfterLog",
          "BatchSender",
          "BatchShipper",
          "BatchShipper.Builder",
          "DropReason",
          "EngineTime",
          "EngineTimer",
          "ExitMarker",
          "ForeignText",
          "Gap",
          "JobOutcome",
          "LinePrefixer",
          "LineReader",
          "LogBatch",
          "LogEnd",
          "LogEnd.Kind",
          "LogLine",
          "LogListener",
          "LogProcessor",
          "LogProcessor.Output",
          "LogReport",
          "LogSource",
          "LogStreamer",
          "LogStreamer.Builder",
          "LogweirEngine",
          "LogweirEngine.Builder",
          "LogweirMetrics",
          "MemoryBudget",
          "OutcomeVariables",
          "OutcomeVariables.Unset",
          "OverflowPolicy",
          "PodMemory",
          "PodMemory.Builder",
          "PodMemory.Term",
          "PumpResult",
          "SafeBuffer",
          "SecretMasker",
          "SecretMasker.Builder",
          "SendCall",
          "SendException",
          "SendException.Kind",
          "SinkReport",
          "Slf4jEcho",
          "SourceEnd",
          "SourceEnd.Kind",
          "Tally",
          "WhenFull");

  /**
   * The arrows that run up: without them, no class depends on one that depends on it, straight or
   * by others. Each joins what is one thing in two files.
   */
  private static final Map<String, List<String>> ARROWS_UP =
      Map.of(
          "SafeBuffer", List.of("WaitingOutput"),
          "Segment", List.of("RunMarks"));

  private static final JavaClasses CORE =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.logweir");

  @Test
  void core_dependsOnNothingButTheJdkSlf4jMicrometerAndJSpecify() {
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "java..", "dev.logweir", "org.slf4j..", "io.micrometer.core..", "org.jspecify..")
        .check(CORE);
  }

  @Test
  void core_isOneFlatPackage() {
    classes().should().resideInAPackage("dev.logweir").check(CORE);
  }

  @Test
  void publicTypes_areThoseListed() {
    List<String> found =
        CORE.stream()
            .filter(ArchitectureTest::isPublic)
            .map(type -> type.getName().substring("dev.logweir.".length()).replace('$', '.'))
            .sorted()
            .toList();

    assertThat(found).isEqualTo(PUBLIC_TYPES);
  }

  @Test
  void classes_dependOnEachOtherInOneDirectionButWhereListed() {
    Map<String, Set<String>> arrows = arrows();
    ARROWS_UP.forEach(
        (from, targets) -> {
          for (String to : targets) {
            assertThat(arrows.get(from).remove(to)).as(from + " -> " + to).isTrue();
          }
        });
    boolean found = true;
    while (found) { // takes out what depends on nothing that is left
      Set<String> ground =
          arrows.entrySet().stream()
              .filter(entry -> entry.getValue().isEmpty())
              .map(Map.Entry::getKey)
              .collect(Collectors.toSet());
      found = !ground.isEmpty();
      arrows.keySet().removeAll(ground);
      arrows.values().forEach(targets -> targets.removeAll(ground));
    }

    assertThat(arrows).as("classes that know each other").isEmpty();
  }

  /** Returns what each class depends on, nested ones as a part of the outermost. */
  private static Map<String, Set<String>> arrows() {
    Map<String, Set<String>> arrows = new TreeMap<>();
    for (JavaClass type : CORE) {
      String from = outermost(type);
      Set<String> targets = arrows.computeIfAbsent(from, name -> new TreeSet<>());
      type.getDirectDependenciesFromSelf().stream()
          .map(dependency -> dependency.getTargetClass().getBaseComponentType())
          .filter(target -> target.getPackageName().equals("dev.logweir"))
          .map(ArchitectureTest::outermost)
          .filter(to -> !to.equals(from))
          .forEach(targets::add);
    }
    return arrows;
  }

  private static String outermost(JavaClass type) {
    String name = type.getName().substring("dev.logweir.".length());
    int nested = name.indexOf('$');
    return nested < 0 ? name : name.substring(0, nested);
  }

  @Test
  void threads_areMadeByOneClass() {
    List<String> makers =
        CORE.stream()
            .filter(ArchitectureTest::makesThreads)
            .map(JavaClass::getSimpleName)
            .distinct()
            .toList();

    assertThat(makers).containsExactly("DaemonThreads");
  }

  /** Whether a class makes a thread, or lets the JDK make one that inherits. */
  private static boolean makesThreads(JavaClass type) {
    return type.isAssignableTo(Thread.class)
        || type.getConstructorCallsFromSelf().stream()
            .map(call -> call.getTarget())
            .anyMatch(
                made ->
                    made.getOwner().isAssignableTo(Thread.class)
                        || made.getOwner().isAssignableTo(Timer.class)
                        || made.getOwner().isAssignableTo(ForkJoinPool.class)
                        || (made.getOwner().isAssignableTo(ThreadPoolExecutor.class)
                            && made.getRawParameterTypes().stream()
                                .noneMatch(given -> given.isEquivalentTo(ThreadFactory.class))))
        || type.getMethodCallsFromSelf().stream()
            .map(call -> call.getTarget())
            .anyMatch(
                called ->
                    called.getOwner().isEquivalentTo(Executors.class)
                        || called.getName().startsWith("startVirtual")
                        || (called.getOwner().isAssignableTo(CompletionStage.class)
                            && called.getName().endsWith("Async")));
  }

  @Test
  void loggers_areCalledInOnePlaceThatSurvivesWhatTheyThrow() {
    noClasses()
        .that()
        .doNotBelongToAnyOf(FailureLog.class, Slf4jEcho.class, LogLevels.class)
        .should()
        .callMethodWhere(target(owner(assignableTo(Logger.class))))
        .orShould()
        .callMethodWhere(target(owner(equivalentTo(LogLevels.class))))
        .orShould()
        .callMethodWhere(target(owner(assignableTo(LoggingEventBuilder.class))))
        .check(CORE);
  }

  private static boolean isPublic(JavaClass type) {
    Optional<JavaClass> outer = type.getEnclosingClass();
    return type.getModifiers().contains(JavaModifier.PUBLIC)
        && (outer.isEmpty() || isPublic(outer.get()));
  }
}
