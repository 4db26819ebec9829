package dev.logweir.opslevel;

import dev.logweir.BatchSender;
import dev.logweir.SendException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Lets a test go on when the first batch has met its fate, so that the end of the job is later. */
final class WatchedSender implements BatchSender {
  private final OpsLevelSender sender;
  private final CountDownLatch first = new CountDownLatch(1);

  WatchedSender(OpsLevelSender sender) {
    this.sender = sender;
  }

  @Override
  public void send(List<String> lines) throws SendException, InterruptedException {
    try {
      sender.send(lines);
    } finally {
      first.countDown();
    }
  }

  @Override
  public long maxRetainedBytes() {
    return sender.maxRetainedBytes();
  }

  void awaitFirst() throws InterruptedException {
    if (!first.await(1, TimeUnit.MINUTES)) {
      throw new AssertionError("nothing was sent");
    }
  }
}
