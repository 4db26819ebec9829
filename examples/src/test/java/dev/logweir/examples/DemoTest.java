package dev.logweir.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import picocli.CommandLine;

@Timeout(120)
class DemoTest {
  @Test
  void demo_showsEachGuarantee() {
    StringWriter out = new StringWriter();
    CommandLine demo =
        Demo.commandLine(
            new Demo(List.of(List.of("java.lang.String"), List.of("java.util.Arrays")), 16 << 10));
    demo.setOut(new PrintWriter(out, true));

    assertThat(demo.execute()).isZero();

    assertThat(out.toString())
        .contains("shown: no loss: ", "shown: never blocked: ", "shown: bounded: ")
        .contains("shown: counted: ", "shown: marked: ", "the first gap: [logweir ")
        .doesNotContain("NOT SHOWN");
  }
}
