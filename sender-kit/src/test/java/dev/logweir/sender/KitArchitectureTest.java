package dev.logweir.sender;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class KitArchitectureTest {
  @Test
  void kit_dependsOnCoreAndARetryLibraryAndNothingElse() {
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "java..",
            "javax.net.ssl",
            "dev.logweir",
            "dev.logweir.sender",
            "io.github.resilience4j.core..",
            "io.github.resilience4j.retry..",
            "org.jspecify..",
            "org.slf4j")
        .check(
            new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("dev.logweir.sender"));
  }
}
