package dev.logweir.opslevel;

import dev.logweir.sender.AttemptException;
import dev.logweir.sender.AttemptListener;
import dev.logweir.sender.AttemptResult;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts the attempts of a client, and warns of a refused token once until one is accepted. */
final class ApiListener implements AttemptListener {
  private static final Logger log = LoggerFactory.getLogger(OpsLevelClient.class);

  private final OpsLevelMetrics metrics;
  private final AtomicBoolean tokenRefused = new AtomicBoolean();

  ApiListener(OpsLevelMetrics metrics) {
    this.metrics = metrics;
  }

  @Override
  public void attempted(AttemptResult result, long nanos) {
    metrics.attempted((ApiResult) result, nanos);
  }

  @Override
  public void ended(AttemptResult result) {
    metrics.requested((ApiResult) result);
  }

  @Override
  public void succeeded() {
    tokenRefused.set(false);
  }

  @Override
  public void failed(AttemptException failure) {
    if (failure.result() == ApiResult.UNAUTHORIZED && tokenRefused.compareAndSet(false, true)) {
      log.warn("{}", failure.getMessage());
    }
  }
}
