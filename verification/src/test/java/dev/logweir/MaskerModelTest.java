package dev.logweir;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The masker: values are added while streams go on. */
@Timeout(value = 1, unit = TimeUnit.HOURS)
class MaskerModelTest {
  /** A line is masked as if each value had been added before it or after it. */
  @Param(name = "value", gen = IntGen.class, conf = "0:2")
  public static final class Adding {
    private static final String[] VALUES = {"uvw", "xyz", "vwx"};

    private final SecretMasker masker = SecretMasker.of("abc");
    private final Set<String> added = ConcurrentHashMap.newKeySet();

    @Operation
    public void add(@Param(name = "value") int value) {
      masker.add(VALUES[value]);
      added.add(VALUES[value]);
    }

    @Operation
    public String mask() {
      MaskedStream stream = new MaskedStream(masker);
      byte[] bytes = "abc-uvw-xyz-uvwxyz-vwx".getBytes(US_ASCII);
      stream.part(bytes, true, true, false);
      return stream.takeLine();
    }

    @Validate
    public void noneIsForgotten() {
      for (String value : added) {
        String masked = masker.mask("-" + value + "-abc-");
        Models.require(masked.equals("-**********-**********-"), "masked: " + masked);
      }
    }
  }

  @Test
  void valueAdded_isMaskedFromThenOn() {
    Models.check(Adding.class);
  }
}
