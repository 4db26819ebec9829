package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class SinkReportTest {
  private static final Tally ONE = Tally.of(1, 10);

  private static final List<Consumer<SinkReport.Values>> PARTS =
      List.of(
          values -> values.accepted = ONE,
          values -> values.shipped = ONE,
          values -> values.filtered = ONE,
          values -> values.held = ONE,
          values -> values.unconfirmed = ONE,
          values -> values.batches = 1,
          values -> values.sentBytes = 1,
          values -> values.moreGaps = 1,
          values -> values.addedBytesDropped = 1,
          values -> values.dropped.put(DropReason.CLOSED, ONE),
          values -> values.gaps.add(new Gap(0, ONE, Set.of(DropReason.CLOSED))));

  private static SinkReport report(Consumer<SinkReport.Values> part) {
    SinkReport.Values values = new SinkReport.Values();
    part.accept(values);
    return new SinkReport(values);
  }

  @Test
  void reports_areEqualByAllTheirParts() {
    SinkReport empty = report(values -> {});
    for (Consumer<SinkReport.Values> part : PARTS) {
      assertThat(report(part)).isEqualTo(report(part)).hasSameHashCodeAs(report(part));
      assertThat(report(part)).isNotEqualTo(empty);
    }
    assertThat(empty).isEqualTo(report(values -> {})).isNotEqualTo(null).isNotEqualTo("a text");
  }

  @Test
  void collections_areReadOnly() {
    SinkReport report =
        report(
            values -> {
              values.dropped.put(DropReason.CLOSED, ONE);
              values.gaps.add(new Gap(0, ONE, Set.of(DropReason.CLOSED)));
            });
    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> report.dropped().clear());
    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> report.gaps().clear());
    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> report.gaps().get(0).reasons().clear());
    assertThat(report.droppedTotal()).isEqualTo(ONE);
  }

  @Test
  void tally_isOfNumbersFrom0On() {
    assertThat(Tally.of(0, 0)).isEqualTo(Tally.NONE);
    assertThat(Tally.of(2, 3)).hasToString("Tally[lines=2, bytes=3]").isNotEqualTo(Tally.of(3, 2));
    assertThatIllegalArgumentException().isThrownBy(() -> Tally.of(-1, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> Tally.of(0, -1));
  }
}
