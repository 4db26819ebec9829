package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CoreModuleTest {
  /** A run that is meant to be on the module path must not fall back to the class path unseen. */
  @Test
  void testsRunInTheNamedModule_onTheModulePath() {
    boolean onTheModulePath = Boolean.getBoolean("logweir.modulepath");

    assertThat(LogStreamer.class.getModule().getName())
        .isEqualTo(onTheModulePath ? "dev.logweir" : null);
    assertThat(CoreModuleTest.class.getModule()).isEqualTo(LogStreamer.class.getModule());
  }
}
