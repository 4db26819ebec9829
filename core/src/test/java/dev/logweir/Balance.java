package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

/** Compares a report with what the test knows. */
final class Balance {
  private Balance() {}

  static void check(PipelineRig rig, LogReport report) {
    assertThat(report.sinks()).hasSize(rig.setup.sinks());
    int trailing =
        (rig.out.closed && rig.out.hasOpenLine() ? 1 : 0)
            + (rig.err.closed && rig.err.hasOpenLine() ? 1 : 0);
    for (int i = 0; i < report.sinks().size(); i++) {
      SinkReport sink = report.sinks().get(i);
      SteppedSender sender = rig.senders.get(i);
      assertThat(sink.accepted()).as("accepted").isEqualTo(rig.accepted());
      Tally sum = sink.shipped().plus(sink.filtered()).plus(sink.droppedTotal()).plus(sink.held());
      assertThat(sum)
          .as("shipped + filtered + dropped + held: %s", sink)
          .isEqualTo(sink.accepted());
      assertThat(sink.held().lines()).isNotNegative();
      assertThat(sink.held().bytes()).isNotNegative();
      assertThat(sink.shipped().lines()).as("lines that arrived").isEqualTo(sender.arrivedEnds);
      assertThat(sink.shipped().bytes())
          .as("bytes that arrived")
          .isBetween(
              sender.arrivedBytes + sender.arrivedEnds - trailing,
              sender.arrivedBytes + sender.arrivedEnds);
      assertThat(sink.batches()).isEqualTo(sender.arrivedBatches);
      assertThat(sink.dropped(DropReason.CLOSED))
          .isEqualTo(
              new Tally(
                  rig.out.lateLines + rig.err.lateLines, rig.out.lateBytes + rig.err.lateBytes));
      assertThat(sink.unconfirmed().bytes())
          .isLessThanOrEqualTo(
              sink.dropped(DropReason.SEND_FAILED).bytes()
                  + sink.dropped(DropReason.SEND_REFUSED).bytes()
                  + sink.dropped(DropReason.FLUSH_TIMEOUT).bytes());
      checkGaps(sink);
    }
  }

  private static void checkGaps(SinkReport sink) {
    Tally listed = sink.gaps().stream().map(Gap::dropped).reduce(Tally.NONE, Tally::plus);
    assertThat(listed.bytes()).isLessThanOrEqualTo(sink.droppedTotal().bytes());
    assertThat(listed.lines()).isLessThanOrEqualTo(sink.droppedTotal().lines());
  }

  static void checkFinal(PipelineRig rig, LogReport report) {
    Totals totals = rig.engine.totals;
    long shipped = 0;
    for (int i = 0; i < report.sinks().size(); i++) {
      SinkReport sink = report.sinks().get(i);
      shipped += sink.shipped().bytes();
      assertThat(sink.held()).as("held at the end").isEqualTo(Tally.NONE);
      if (sink.moreGaps() == 0 && sink.dropped(DropReason.FLUSH_TIMEOUT).isZero()) {
        Tally listed = sink.gaps().stream().map(Gap::dropped).reduce(Tally.NONE, Tally::plus);
        assertThat(listed.plus(sink.dropped(DropReason.CLOSED)))
            .as("gaps of %s", sink)
            .isEqualTo(sink.droppedTotal());
      }
    }
    assertThat(totals.shippedBytes.sum()).isEqualTo(shipped);
    if (report.sinks().size() == 1) {
      for (DropReason reason : DropReason.ALL) {
        assertThat(totals.droppedBytes(reason)).isEqualTo(report.sink().dropped(reason).bytes());
        assertThat(totals.droppedLines(reason)).isEqualTo(report.sink().dropped(reason).lines());
      }
    }
  }
}
