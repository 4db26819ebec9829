package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.openjdk.jol.info.GraphLayout;

class OutcomeVariablesProperties {
  private static final String GAP = "\0gap";

  @Property
  void variablesAndLog_areAsByTheModel(
      @ForAll("logs") List<String> log, @ForAll @IntRange(min = 40, max = 80) int fragment) {
    OutcomeVariables variables = OutcomeVariables.unmasked();
    ProcessorChain chain = ProcessorChain.of(variables);
    Model model = new Model();
    for (String line : log) {
      if (line.equals(GAP)) {
        chain.gap();
        model.closeAll();
      } else {
        boolean cut = line.endsWith("!");
        chain.fragments(cut, parts(line, fragment));
        model.line(line, cut);
      }
    }
    chain.end();
    model.closeAll();

    assertThat(variables.variables()).isEqualTo(model.variables);
    assertThat(chain.lines()).isEqualTo(model.log);
    assertThat(variables.incomplete().count()).isEqualTo(model.incomplete);
    assertThat(chain.passedBytes() + chain.filteredBytes).isEqualTo(chain.takenBytes);
    assertThat(chain.failures).isEmpty();
  }

  @Property(tries = 100)
  void whateverAJobSets_theBoundHolds(
      @ForAll("largeLogs") List<String> log, @ForAll @IntRange(min = 8, max = 64) int kib) {
    OutcomeVariables variables = OutcomeVariables.unmasked(kib << 10);
    ProcessorChain chain = ProcessorChain.of(variables);
    for (String line : log) {
      chain.fragments(false, parts(line, 4000));
      assertThat(GraphLayout.parseInstance(variables).totalSize())
          .isLessThanOrEqualTo(variables.maxRetainedBytes());
    }
  }

  @Provide
  Arbitrary<List<String>> logs() {
    Arbitrary<String> key = Arbitraries.of("a", "b", "c-d", "_1");
    Arbitrary<String> text = Arbitraries.of("", "x", "x=y", "1\r", "a b c".repeat(30), "t!", "+ z");
    Arbitrary<String> set =
        Combinators.combine(key, text).as((k, v) -> "::set-outcome-var " + k + "=" + v);
    Arbitrary<String> start = key.map(k -> "::start-multiline-outcome-var " + k);
    Arbitrary<String> other =
        Arbitraries.of(
            "+ ::set-outcome-var a=1", "::set-outcome-var a", "::start-multiline-outcome-var", GAP);
    Arbitrary<String> end = Arbitraries.just("::end-multiline-outcome-var");
    return Arbitraries.oneOf(set, start, end, end, text, text, other).list().ofMaxSize(30);
  }

  @Provide
  Arbitrary<List<String>> largeLogs() {
    Arbitrary<String> key =
        Arbitraries.integers().between(0, 60).map(i -> "k".repeat(1 + i * 2) + i);
    Arbitrary<String> text =
        Combinators.combine(Arbitraries.of("x", "é", "€"), Arbitraries.integers().between(0, 9000))
            .as(String::repeat);
    Arbitrary<String> set =
        Combinators.combine(key, text).as((k, v) -> "::set-outcome-var " + k + "=" + v);
    Arbitrary<String> start = key.map(k -> "::start-multiline-outcome-var " + k);
    Arbitrary<String> end = Arbitraries.just("::end-multiline-outcome-var");
    return Arbitraries.oneOf(set, start, end, text).list().ofMinSize(20).ofMaxSize(60);
  }

  private static String[] parts(String line, int size) {
    List<String> parts = new ArrayList<>();
    for (int i = 0; i == 0 || i < line.length(); i += size) {
      parts.add(line.substring(i, Math.min(line.length(), i + size)));
    }
    return parts.toArray(new String[0]);
  }

  /** Whole lines and unbounded memory. */
  private static final class Model {
    private static final Pattern SET = Pattern.compile("^::set-outcome-var\\s([\\w-]+)=(.*)");
    private static final Pattern START =
        Pattern.compile("^::start-multiline-outcome-var\\s([\\w-]+)");

    private final Map<String, String> variables = new LinkedHashMap<>();
    private final List<String> log = new ArrayList<>();
    private final Deque<Map.Entry<String, List<String>>> open = new ArrayDeque<>();
    private final Deque<String> tooDeep = new ArrayDeque<>();
    private int incomplete;

    void line(String line, boolean cut) {
      Matcher set = SET.matcher(line);
      Matcher start = START.matcher(line);
      if (line.startsWith("+ ")) {
        log.add(line);
      } else if (start.find()) {
        if (open.size() == 8) {
          tooDeep.push(start.group(1));
          variables.remove(start.group(1));
        } else {
          open.push(Map.entry(start.group(1), new ArrayList<>()));
        }
      } else if (!open.isEmpty() && line.startsWith("::end-multiline-outcome-var")) {
        if (tooDeep.poll() == null) {
          var variable = open.pop();
          variables.remove(variable.getKey());
          variables.put(variable.getKey(), String.join("\n", variable.getValue()));
        }
      } else if (!open.isEmpty()) {
        // One that is cut within its first fragment is let through, as none of it was taken.
        if (tooDeep.isEmpty()) {
          open.peek().getValue().add(line.replaceFirst("\r$", ""));
        }
        if (cut && line.length() <= 40) {
          log.add(line);
        }
      } else if (set.find()) {
        variables.remove(set.group(1));
        if (cut) {
          incomplete++;
        } else {
          variables.put(set.group(1), line.substring(set.start(2)).replaceFirst("\r$", ""));
        }
      } else {
        log.add(line);
      }
      if (cut) {
        closeAll();
      }
    }

    void closeAll() {
      for (var variable : open) {
        variables.remove(variable.getKey());
        incomplete++;
      }
      open.clear();
      tooDeep.clear();
    }
  }
}
