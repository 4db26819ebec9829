package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FaktoryJobTest {
  @Test
  void parse_takesALogOut() throws Exception {
    FaktoryJob job =
        FaktoryJob.parse(
            """
            {"retry":25,"custom":{"jid":"not this"},"jid":"abc","queue":"app",
             "jobtype":"Runners::Faktory::AppendJobLog","args":[{"logChunk":["YQ==","","Ygo="],
             "runnerId":"faktory","runnerJobId":"7","sentAt":"x"}],"failure":{"jid":"nor this"}}
            """
                .getBytes(UTF_8));

    assertThat(job.jid()).isEqualTo("abc");
    assertThat(job.type()).isEqualTo("Runners::Faktory::AppendJobLog");
    assertThat(job.runnerJobId()).isEqualTo("7");
    assertThat(job.outcome()).isEmpty();
    assertThat(job.lines())
        .containsExactly("a".getBytes(UTF_8), new byte[0], "b\n".getBytes(UTF_8));
  }

  @Test
  void parse_takesAnOutcomeOut() throws Exception {
    FaktoryJob job =
        FaktoryJob.parse(
            """
            {"jid":"abc","jobtype":"Runners::Faktory::ReportJobOutcome","args":[{"runnerJobId":"7",
             "outcome":"failed","outcomeVariables":[{"key":"jid","value":"x","outcome":"y"}]}]}
            """
                .getBytes(UTF_8));

    assertThat(job.outcome()).isEqualTo("failed");
    assertThat(job.jid()).isEqualTo("abc");
    assertThat(job.lines()).isEmpty();
  }
}
