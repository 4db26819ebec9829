package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;

class EncodedBoundTest {
  private IntToLongFunction cost = bytes -> 2L * bytes + 1;

  private EncodedBound bound(int maxBatchBytes) {
    return EncodedBound.of(
        new BatchSender() {
          @Override
          public void send(List<String> lines) {}

          @Override
          public int maxBatchBytes() {
            return maxBatchBytes;
          }

          @Override
          public long encodedBytes(int lineBytes) {
            return cost.applyAsLong(lineBytes);
          }
        });
  }

  @Test
  void withoutABound_nobodyIsAskedWhatALineCosts() {
    cost =
        bytes -> {
          throw new IllegalStateException("asked");
        };
    EncodedBound none = bound(Integer.MAX_VALUE);
    assertThat(none.isSet()).isFalse();
    assertThat(none.max()).isEqualTo(Long.MAX_VALUE);
    assertThat(none.cost(10)).isZero();
  }

  @Test
  void bound_leavesRoomForAMarker() {
    EncodedBound bound = bound(1_000);
    assertThat(bound.isSet()).isTrue();
    assertThat(bound.max()).isEqualTo(1_000 - (2 * Markers.MAX_BYTES + 1));
    assertThat(bound.cost(10)).isEqualTo(21);
  }

  @Test
  void costThatCanNotBeTold_isTheLengthWithALineEnd() {
    EncodedBound bound = bound(1_000);
    cost =
        bytes -> {
          throw new StackOverflowError("encodedBytes");
        };
    assertThat(bound.cost(10)).isEqualTo(11);
    cost = bytes -> -5;
    assertThat(bound.cost(10)).isZero();
  }

  @Test
  void maxLineBytes_isTheLongestThatFitsWithWhatIsAdded() {
    int max = 2 * 40 + 1;
    for (int over = 0; over < 2; over++) {
      EncodedBound bound = bound(max + over + 2 * Markers.MAX_BYTES + 1);
      assertThat(bound.maxLineBytes(1_000, 0)).isEqualTo(40);
      assertThat(bound.maxLineBytes(1_000, 30)).isEqualTo(10);
      assertThat(bound.maxLineBytes(20, 10)).isEqualTo(20);
      assertThat(bound.maxLineBytes(1_000, 50)).isZero();
    }
  }
}
