package dev.logweir.sender;

import dev.logweir.SendCall;
import java.time.Duration;

/**
 * How a call waits. {@link #OF_THE_CALL} is for all but tests. Called from many threads at once.
 */
@FunctionalInterface
public interface Pauses {
  /** As {@link SendCall#pause} does: the end of the job ends the pause. */
  Pauses OF_THE_CALL = SendCall::pause;

  /**
   * Waits.
   *
   * @throws InterruptedException if the thread is interrupted
   */
  void pause(SendCall call, Duration pause) throws InterruptedException;

  /**
   * Takes back a wake that has ended no pause.
   *
   * @throws InterruptedException if the thread is interrupted
   */
  default void forgetWake(SendCall call) throws InterruptedException {
    call.pause(Duration.ZERO);
  }

  /** Ends the pause of a call, or its next one. */
  default void wake(SendCall call) {
    call.wake();
  }
}
