package dev.logweir.opslevel;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class OpsLevelArchitectureTest {
  private static final JavaClasses SINK =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.logweir.opslevel");

  @Test
  void sink_dependsOnCoreAndItsProtocolAndOnNoOtherSink() {
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "java..",
            "dev.logweir",
            "dev.logweir.opslevel",
            "dev.logweir.sender",
            "com.fasterxml.jackson.core..",
            "io.github.resilience4j..",
            "io.micrometer.core.instrument..",
            "org.jspecify..",
            "org.slf4j",
            "javax.net.ssl")
        .check(SINK);
  }
}
