package dev.logweir.faktory;

import dev.logweir.SendException;
import dev.logweir.sender.AttemptException;
import dev.logweir.sender.AttemptListener;
import dev.logweir.sender.AttemptResult;
import dev.logweir.sender.CommonResult;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts the attempts of a client, and warns once of what would fail for each job. */
final class PushListener implements AttemptListener {
  private static final Logger log = LoggerFactory.getLogger(FaktoryClient.class);

  private final FaktoryMetrics metrics;
  private final AtomicBoolean toldOfEnterprise = new AtomicBoolean();
  private final AtomicBoolean toldOfPassword = new AtomicBoolean();

  PushListener(FaktoryMetrics metrics) {
    this.metrics = metrics;
  }

  @Override
  public void attempted(AttemptResult result, long nanos) {
    boolean refused = result.kind() == SendException.Kind.REFUSED;
    FaktoryMetrics.Outcome failed =
        refused ? FaktoryMetrics.Outcome.REFUSED : FaktoryMetrics.Outcome.FAILED;
    metrics.pushed(result == CommonResult.OK ? FaktoryMetrics.Outcome.ACCEPTED : failed, nanos);
  }

  @Override
  public void succeeded() {
    toldOfPassword.set(false);
  }

  @Override
  public void failed(AttemptException failure) {
    if (failure.result() == PushResult.ENTERPRISE_ONLY
        && toldOfEnterprise.compareAndSet(false, true)) {
      log.warn("nothing is pushed through a batch: {}", failure.getMessage());
    } else if (failure.result() == PushResult.UNAUTHORIZED
        && toldOfPassword.compareAndSet(false, true)) {
      log.warn("{}", failure.getMessage());
    }
  }
}
