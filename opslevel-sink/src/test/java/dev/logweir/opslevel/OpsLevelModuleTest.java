package dev.logweir.opslevel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.LogBatch;
import org.junit.jupiter.api.Test;

class OpsLevelModuleTest {
  /** A run that is meant to be on the module path must not fall back to the class path unseen. */
  @Test
  void testsRunInTheNamedModule_onTheModulePath() {
    boolean onTheModulePath = Boolean.getBoolean("logweir.modulepath");

    assertThat(OpsLevelClient.class.getModule().getName())
        .isEqualTo(onTheModulePath ? "dev.logweir.opslevel" : null);
    assertThat(OpsLevelModuleTest.class.getModule()).isEqualTo(OpsLevelClient.class.getModule());
    assertThat(LogBatch.class.getModule().isNamed()).isEqualTo(onTheModulePath);
  }
}
