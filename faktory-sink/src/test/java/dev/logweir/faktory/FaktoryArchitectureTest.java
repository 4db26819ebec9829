package dev.logweir.faktory;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.Timer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FaktoryArchitectureTest {
  private static final JavaClasses SINK =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.logweir.faktory");

  @Test
  void sink_dependsOnCoreAndItsProtocolAndOnNoOtherSink() {
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "java..",
            "dev.logweir",
            "dev.logweir.faktory",
            "dev.logweir.sender",
            "com.fasterxml.jackson.core..",
            "io.micrometer.core..",
            "org.apache.commons.pool2..",
            "org.jspecify..",
            "org.slf4j",
            "javax.net.ssl")
        .check(SINK);
  }

  @Test
  void publicTypes_areThoseThatAUserNames() {
    assertThat(
            SINK.stream()
                .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
                .map(JavaClass::getSimpleName)
                .sorted())
        .containsExactly(
            "Builder", "FaktoryClient", "FaktoryMetrics", "FaktorySender", "FaktoryUrl");
  }

  @Test
  void sink_hasNoThreadOfItsOwn() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .areAssignableTo(Executor.class)
        .orShould()
        .dependOnClassesThat()
        .belongToAnyOf(Executors.class, CompletableFuture.class, Timer.class)
        .orShould()
        .callMethodWhere(
            JavaCall.Predicates.target(
                DescribedPredicate.describe(
                    "starts a thread or sleeps",
                    target ->
                        target.getOwner().isEquivalentTo(Thread.class)
                            && Set.of("start", "startVirtualThread", "ofVirtual", "sleep")
                                .contains(target.getName()))))
        .orShould()
        .callConstructorWhere(
            JavaCall.Predicates.target(
                DescribedPredicate.describe(
                    "makes a thread", target -> target.getOwner().isAssignableTo(Thread.class))))
        .check(SINK);
  }

  /** Lines wait in core alone: all that the sink collects is listed here. */
  @Test
  void sink_hasNoQueueAndNoBatchOfItsOwn() {
    List<String> collections =
        SINK.stream()
            .flatMap(type -> type.getFields().stream())
            .filter(
                field ->
                    Stream.of(Iterable.class, Map.class, Object[].class, OutputStream.class)
                        .anyMatch(field.getRawType()::isAssignableTo))
            .map(field -> field.getOwner().getSimpleName() + "." + field.getName())
            .sorted()
            .toList();

    assertThat(collections)
        .containsExactly(
            "ConnectionPool.lent",
            "FaktoryMetrics.meters",
            "FaktoryMetrics.pools",
            "FaktoryMetrics.pushes",
            "Streams.out",
            "Wire.out");
    noClasses()
        .should()
        .dependOnClassesThat(
            DescribedPredicate.describe(
                "queues", (JavaClass type) -> type.isAssignableTo(Queue.class)))
        .check(SINK);
  }
}
