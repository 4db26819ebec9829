/**
 * Tests for those who write a sender or a runner.
 *
 * <p>For a sender: {@link dev.logweir.testkit.BatchSenderContract} is what every sender must do, as
 * a test class to extend, {@link dev.logweir.testkit.HttpSenderContract} the same for one over
 * HTTP; {@link dev.logweir.testkit.HostileServer} is the server that it is tried against, and can
 * be scripted for more; a {@link dev.logweir.testkit.DeliveryContract} is for one whose target does
 * not answer. For a runner: {@link dev.logweir.testkit.ScriptedSender} stands in for a sender,
 * {@link dev.logweir.testkit.FakeProcess} for a child, and {@link dev.logweir.testkit.ManualTime}
 * for the clock; {@link dev.logweir.testkit.JobRecorder} explains what arrived by what the job
 * wrote, and {@link dev.logweir.testkit.LogReportAssert} reads the report. A fake of a server of
 * your own stands on a {@link dev.logweir.testkit.LoopbackServer}.
 *
 * <p>For tests alone: what is here bounds waits by times that only a hang reaches.
 */
@NullMarked
package dev.logweir.testkit;

import org.jspecify.annotations.NullMarked;
