package dev.logweir.examples;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What the embedded endpoint does wrong on purpose.
 *
 * @param failRate the share of requests answered with HTTP 500, 0 to 1, spread evenly
 * @param delay how long each answer is held back
 * @param stallAfter after this time nothing is read or answered any more; null for never
 */
record EndpointFaults(double failRate, Duration delay, @Nullable Duration stallAfter) {
  static final EndpointFaults NONE = new EndpointFaults(0, Duration.ZERO, null);
}
