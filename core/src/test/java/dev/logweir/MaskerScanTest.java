package dev.logweir;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.openjdk.jol.info.GraphLayout;

/** What is held back between the fragments of a line, and what is kept of the places found. */
class MaskerScanTest {
  private static final String MASK = "**********";

  private static ProcessorChain chain(String... values) {
    return ProcessorChain.of(SecretMasker.of(values));
  }

  private static void fragment(ProcessorChain chain, String text, boolean first) {
    chain.fragment(text.getBytes(US_ASCII), first, false, false);
  }

  private static long held(ProcessorChain chain) {
    return chain.takenBytes - chain.passedBytes();
  }

  @Test
  void held_isWhatMayBeTheBeginningOfAValueAndNoMore() {
    ProcessorChain chain = chain("swordfish");
    fragment(chain, "a sword", true);
    assertThat(held(chain)).isEqualTo(5);
    assertThat(chain.texts()).containsExactly("a ");
    fragment(chain, "s sw", false);
    assertThat(held(chain)).isEqualTo(2);
    fragment(chain, " of", false);
    assertThat(held(chain)).isZero();
  }

  @Test
  void held_isNothingOfAValueThatNoOtherGoesOnFrom() {
    ProcessorChain chain = chain("sword");
    fragment(chain, "a sword", true);
    assertThat(held(chain)).isZero();
    assertThat(chain.texts()).containsExactly("a " + MASK);
  }

  @Test
  void held_isTheEndOfAValueThatAnotherBeginsWith() {
    ProcessorChain chain = chain("abcd", "cdx");
    fragment(chain, "abcd", true);
    assertThat(held(chain)).isEqualTo(2);
    assertThat(chain.fragments(false, "").texts().get(0)).isEqualTo(MASK);
  }

  @Test
  void held_goesOnFromTheMaskBeforeIt() {
    assertThat(chain("x", "aaab").fragments(false, "x", "aa", "ab").lines()).containsExactly(MASK);
    assertThat(chain("x", "aaab").fragments(false, "x", "aa", "c").lines())
        .containsExactly(MASK + "aac");
  }

  @Test
  void mask_thatEndsAFragmentDoesNotReachOverTheNext() {
    assertThat(chain("b").fragments(false, "1b", "xx", "b").lines())
        .containsExactly("1" + MASK + "xx" + MASK);
  }

  @Test
  void placesThatAValueMayStillReach_areAllKept() {
    String value = "ab".repeat(200) + "c";
    String text = "ab".repeat(50);
    assertThat(chain("a", value).fragments(false, text + "x").lines())
        .containsExactly((MASK + "b").repeat(50) + "x");
    assertThat(chain("a", value).fragments(false, "a-a-a-" + text, "x").lines())
        .containsExactly((MASK + "-").repeat(3) + (MASK + "b").repeat(50) + "x");
    assertThat(chain("a", value).fragments(false, value).lines()).containsExactly(MASK);
  }

  @Test
  void placesFound_areNotKeptBeyondTheirPart() {
    Scan scan = new Scan();
    String value = "ab".repeat(200) + "c";
    MaskerAutomaton automaton = automaton("a", value);
    scan.part(automaton, "-".getBytes(US_ASCII));
    long before = GraphLayout.parseInstance(scan).totalSize();
    scan.part(automaton, ("ab".repeat(150) + "x").getBytes(US_ASCII));
    assertThat(GraphLayout.parseInstance(scan).totalSize()).isLessThanOrEqualTo(before);
  }

  @Test
  void placesThatNothingCanReach_takeNoRoom() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Scan scan = new Scan();
    MaskerAutomaton automaton = automaton("a");
    byte[] text = "a-".repeat(1_000).getBytes(US_ASCII);
    scan.part(automaton, text);
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 100; i++) {
      scan.part(automaton, text);
    }
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(10_000);
    assertThat(scan.masks).isEqualTo(101_000);
  }

  private static MaskerAutomaton automaton(String... values) {
    return MaskerAutomaton.EMPTY.with(
        List.of(values).stream().map(value -> value.getBytes(US_ASCII)).toList());
  }

  /** Counts the masks of parts that are each a text of their own. */
  private static final class Scan extends MaskerScan {
    private int masks;
    private final ByteTarget counting = (bytes, offset, length) -> masks += bytes == MASK ? 1 : 0;

    void part(MaskerAutomaton automaton, byte[] bytes) {
      scan(new MaskerValues(automaton, null), bytes, 0, bytes.length, PartEnd.ENDS);
    }

    @Override
    boolean linesFollow() {
      return false;
    }

    @Override
    ByteTarget begin() {
      return counting;
    }
  }
}
