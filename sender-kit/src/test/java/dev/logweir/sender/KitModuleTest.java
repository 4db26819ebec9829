package dev.logweir.sender;

import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.LogBatch;
import org.junit.jupiter.api.Test;

class KitModuleTest {
  /** A run that is meant to be on the module path must not fall back to the class path unseen. */
  @Test
  void testsRunInTheNamedModule_onTheModulePath() {
    boolean onTheModulePath = Boolean.getBoolean("logweir.modulepath");

    assertThat(Attempts.class.getModule().getName())
        .isEqualTo(onTheModulePath ? "dev.logweir.sender" : null);
    assertThat(KitModuleTest.class.getModule()).isEqualTo(Attempts.class.getModule());
    assertThat(LogBatch.class.getModule().isNamed()).isEqualTo(onTheModulePath);
  }
}
