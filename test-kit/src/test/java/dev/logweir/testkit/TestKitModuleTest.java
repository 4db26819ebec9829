package dev.logweir.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.LogBatch;
import org.junit.jupiter.api.Test;

class TestKitModuleTest {
  /** A run that is meant to be on the module path must not fall back to the class path unseen. */
  @Test
  void testsRunInTheNamedModule_onTheModulePath() {
    boolean onTheModulePath = Boolean.getBoolean("logweir.modulepath");

    assertThat(HostileServer.class.getModule().getName())
        .isEqualTo(onTheModulePath ? "dev.logweir.testkit" : null);
    assertThat(TestKitModuleTest.class.getModule()).isEqualTo(HostileServer.class.getModule());
    assertThat(LogBatch.class.getModule().isNamed()).isEqualTo(onTheModulePath);
  }
}
