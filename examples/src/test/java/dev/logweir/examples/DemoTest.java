package dev.logweir.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import picocli.CommandLine;

@Timeout(300)
class DemoTest {
  @Test
  void demo_showsEachGuarantee() {
    StringWriter out = new StringWriter();
    CommandLine demo = Demo.commandLine();
    demo.setOut(new PrintWriter(out, true));

    assertThat(demo.execute()).isZero();

    assertThat(out.toString())
        .contains("shown: no loss: ", "shown: never blocked: ", "shown: bounded: ")
        .contains("shown: counted: ", "shown: marked: ", "the first gap: [logweir] ")
        .doesNotContain("NOT SHOWN");
  }
}
