package dev.logweir.kubernetes;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class KubernetesArchitectureTest {
  private static final JavaClasses MODULE =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.logweir.kubernetes");

  @Test
  void module_dependsOnCoreAndTheClientAlone() {
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "java..",
            "dev.logweir",
            "dev.logweir.kubernetes",
            "io.fabric8.kubernetes.api..",
            "io.fabric8.kubernetes.client..",
            "org.jspecify..",
            "org.slf4j")
        .check(MODULE);
  }
}
