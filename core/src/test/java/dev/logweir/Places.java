package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;

/** Looks into the places of a job: what is charged is what is there, and each keeps its bound. */
final class Places {
  private Places() {}

  static void check(PipelineRig rig) {
    long maxSize = rig.setup.maxSize();
    Job job = read(LogStreamer.class, rig.log, "job", Job.class);
    long reserves = 0;
    long all = 0;
    for (SafeBuffer buffer : new SafeBuffer[] {rig.log.stdout(), rig.log.stderr()}) {
      StreamStore store = buffer.store;
      SegmentAccount account = store.account;
      int chain = 0;
      Segment head = read(StreamStore.class, store, "chain", SegmentChain.class).head();
      for (Segment at = head; at != null; at = at.next) {
        chain++;
      }
      assertThat(account.held()).as("segments of a stream").isEqualTo(chain);
      assertThat(account.heldBytes()).as("a stream").isLessThanOrEqualTo(maxSize);
      all += account.heldBytes();
      reserves += Math.max(account.heldBytes(), account.nominal());
    }
    for (Sink sink : job.places.sinks) {
      SegmentAccount account = of(sink, "account", SegmentAccount.class);
      SinkBatch open = of(sink, "assembly", BatchAssembly.class).open();
      BatchQueue queue = of(sink, "queue", BatchQueue.class);
      SinkBatch sending = of(sink, "sending", SinkBatch.class);
      int queued = 0;
      int batches = 0;
      for (SinkBatch batch = queue.first(); batch != null; batch = batch.nextQueued) {
        queued += chain(batch);
        batches++;
      }
      long nominal = account.nominal();
      long objects = Math.max(0, batches - 2) * (long) BatchQueue.BATCH_BYTES;
      assertThat(chain(open) * nominal).as("the open batch").isLessThanOrEqualTo(maxSize);
      assertThat(chain(sending) * nominal).as("the batch sent").isLessThanOrEqualTo(maxSize);
      assertThat(queued * nominal + objects).as("the queue").isLessThanOrEqualTo(2 * maxSize);
      assertThat(account.held())
          .as("segments of a sink")
          .isEqualTo(chain(open) + queued + chain(sending));
      all += account.heldBytes() + objects;
      reserves += Math.max(account.heldBytes(), nominal);
    }
    assertThat(rig.log.retainedBytes()).isEqualTo(all);
    assertThat(all).isLessThanOrEqualTo(maxSize * (2 + 4L * job.places.sinks.size()));
    assertThat(all).isLessThanOrEqualTo(rig.log.maxRetainedBytes());
    if (rig.budget != null) {
      assertThat(rig.budget.usedBytes()).as("budget").isEqualTo(reserves);
      assertThat(reserves).isLessThanOrEqualTo(rig.budget.limitBytes());
    }
  }

  private static int chain(SinkBatch batch) {
    int count = 0;
    if (batch != null) {
      for (Segment at = batch.lines.head(); at != null; at = at.next) {
        count++;
      }
      for (Segment at = batch.lines.spares; at != null; at = at.next) {
        count++;
      }
      assertThat(batch.lines.segments()).as("segments of a batch").isEqualTo(count);
    }
    return count;
  }

  private static <T> T of(Sink sink, String name, Class<T> type) {
    return read(SinkBatches.class, sink, name, type);
  }

  private static <T> T read(Class<?> owner, Object object, String name, Class<T> type) {
    try {
      Field field = owner.getDeclaredField(name);
      field.setAccessible(true);
      return type.cast(field.get(object));
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(name, e);
    }
  }
}
