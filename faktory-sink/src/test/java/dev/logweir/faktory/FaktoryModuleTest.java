package dev.logweir.faktory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.LogBatch;
import org.junit.jupiter.api.Test;

class FaktoryModuleTest {
  /** A run that is meant to be on the module path must not fall back to the class path unseen. */
  @Test
  void testsRunInTheNamedModule_onTheModulePath() {
    boolean onTheModulePath = Boolean.getBoolean("logweir.modulepath");

    assertThat(FaktoryClient.class.getModule().getName())
        .isEqualTo(onTheModulePath ? "dev.logweir.faktory" : null);
    assertThat(FaktoryModuleTest.class.getModule()).isEqualTo(FaktoryClient.class.getModule());
    assertThat(LogBatch.class.getModule().isNamed()).isEqualTo(onTheModulePath);
  }
}
