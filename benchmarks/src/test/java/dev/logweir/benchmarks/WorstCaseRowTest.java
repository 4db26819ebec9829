package dev.logweir.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class WorstCaseRowTest {
  @Test
  void all_isEveryCombinationOnce() {
    assertThat(WorstCaseRow.all()).hasSize(3 * 7 * 4 * 2 * 2).doesNotHaveDuplicates();
  }

  @Test
  void few_hasEveryValueMoreThanOnce() {
    List<WorstCaseRow> few = WorstCaseRow.few();

    assertThat(few).hasSize(24).doesNotHaveDuplicates().isSubsetOf(WorstCaseRow.all());
    List<Function<WorstCaseRow, Object>> columns =
        List.of(
            WorstCaseRow::maxSize,
            WorstCaseRow::line,
            WorstCaseRow::sender,
            WorstCaseRow::processors,
            WorstCaseRow::sinks);
    for (Function<WorstCaseRow, Object> column : columns) {
      for (Object value : WorstCaseRow.all().stream().map(column).distinct().toList()) {
        assertThat(few).filteredOn(row -> column.apply(row).equals(value)).hasSizeGreaterThan(2);
      }
    }
  }
}
