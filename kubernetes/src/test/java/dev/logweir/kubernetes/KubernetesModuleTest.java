package dev.logweir.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.LogBatch;
import org.junit.jupiter.api.Test;

class KubernetesModuleTest {
  /** A run that is meant to be on the module path must not fall back to the class path unseen. */
  @Test
  void testsRunInTheNamedModule_onTheModulePath() {
    boolean onTheModulePath = Boolean.getBoolean("logweir.modulepath");

    assertThat(PodExec.class.getModule().getName())
        .isEqualTo(onTheModulePath ? "dev.logweir.kubernetes" : null);
    assertThat(KubernetesModuleTest.class.getModule()).isEqualTo(PodExec.class.getModule());
    assertThat(LogBatch.class.getModule().isNamed()).isEqualTo(onTheModulePath);
  }
}
