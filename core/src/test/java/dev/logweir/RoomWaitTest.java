package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.testkit.ManualTime;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RoomWaitTest {
  private static final long MAX_WAIT = 100;

  private final ManualTime time = new ManualTime();
  private final MemoryLock lock = new MemoryLock(LockOrder.Level.SINK);
  private final SendProgress progress = new SendProgress(lock, time);
  private final JobSettings settings = new JobSettings();
  private boolean tooLong;
  private final RoomWait room =
      new RoomWait(time, progress, settings) {
        @Override
        public void run() {
          tooLong = !isEnding() && lookAtWait();
        }
      };

  RoomWaitTest() {
    settings.maxWaitNanos = MAX_WAIT;
    settings.sink(lines -> {});
  }

  private void advance(long nanos) {
    time.advance(Duration.ofNanos(nanos));
  }

  private void progress() {
    lock.lock();
    try {
      progress.advance();
    } finally {
      lock.unlock();
    }
  }

  @Test
  void linesThatMayNotWait_areDroppedAtOnce() {
    assertThat(room.mayDrop(false)).isTrue();
    assertThat(room.mayDrop(true)).isFalse();
    assertThat(room.reason()).isEqualTo(DropReason.QUEUE_FULL);
  }

  @Test
  void linesThatWait_mayBeDroppedAfterMaxWaitUntilASendEnds() {
    room.block();
    advance(MAX_WAIT - 1);
    room.block();
    assertThat(room.mayDrop(true)).isFalse();
    advance(1);
    assertThat(tooLong).isTrue();
    assertThat(room.mayDrop(true)).isTrue();
    assertThat(time.pending()).isZero();
    assertThat(room.sendEnded()).as("somebody waited").isTrue();
    assertThat(room.mayDrop(true)).isFalse();
    assertThat(room.sendEnded()).isFalse();
  }

  @Test
  void progress_letsLinesWaitAnewFromThenOn() {
    room.block();
    advance(60);
    progress();
    advance(MAX_WAIT - 1);
    assertThat(tooLong).isFalse();
    advance(1);
    assertThat(tooLong).isTrue();
  }

  @Test
  void progressAfterTooLongAWait_letsLinesWaitAnew() {
    room.block();
    advance(MAX_WAIT);
    progress();
    assertThat(room.mayDrop(true)).isFalse();
    room.block();
    assertThat(room.mayDrop(true)).isFalse();
    advance(MAX_WAIT - 1);
    assertThat(room.mayDrop(true)).isFalse();
    advance(1);
    assertThat(room.mayDrop(true)).isTrue();
  }

  @Test
  void timerOfAWaitThatIsOver_endsNoLaterOne() {
    room.block();
    advance(60);
    room.sendEnded();
    assertThat(time.pending()).isZero();
    room.block();
    advance(40);
    assertThat(room.lookAtWait()).as("a timer that was on its way").isFalse();
    assertThat(room.mayDrop(true)).isFalse();
    advance(60);
    assertThat(tooLong).isTrue();
  }

  @Test
  void linesWithoutASegment_goOnWhenASendEnds() {
    room.starve();
    assertThat(time.pending()).isZero();
    assertThat(room.mayDrop(true)).isFalse();
    assertThat(room.sendEnded()).isTrue();
    assertThat(room.sendEnded()).isFalse();
  }

  @Test
  void dropping_isOverWhenASendEnds() {
    room.drops();
    assertThat(room.isDropping()).isTrue();
    room.sendEnded();
    assertThat(room.isDropping()).isFalse();
  }

  // ---- the end ----

  @Test
  void fromTheEndOn_linesWaitWhateverWas() {
    room.block();
    advance(MAX_WAIT);
    room.beginEnd();
    assertThat(room.mayDrop(false)).isFalse();
    assertThat(room.mayDrop(true)).isFalse();
    assertThat(room.reason()).isEqualTo(DropReason.FLUSH_TIMEOUT);
    room.block();
    assertThat(time.pending()).as("a wait that does not end by itself").isZero();
    assertThat(room.sendEnded()).isTrue();
  }

  @Test
  void sinkAlone_givesWayUnderDropOldestOnly() {
    room.beginEnd();
    room.block();
    advance(10);
    assertThat(room.becomeLate(true, 1)).isFalse();
    settings.overflow(OverflowPolicy.DROP_OLDEST);
    assertThat(room.becomeLate(false, 0)).isTrue();
    assertThat(room.isLate()).isTrue();
    assertThat(room.mayDrop(true)).isTrue();
  }

  @Test
  void sinkWithNothingBehind_isNotLate() {
    settings.overflow(OverflowPolicy.DROP_OLDEST);
    room.beginEnd();
    assertThat(room.becomeLate(false, 1)).isFalse();
    assertThat(room.becomeLate(true, 1)).isTrue();
  }

  private void several() {
    settings.sink(lines -> {});
    room.beginEnd();
  }

  @Test
  void sinkForWhichLinesWaitedMostOfTheTime_yieldsToTheOthers() {
    several();
    advance(10);
    room.block();
    advance(10);
    assertThat(room.becomeLate(true, 1)).isTrue();
    assertThat(room.mayDrop(true)).isTrue();
    assertThat(room.isLate()).isFalse();
  }

  @Test
  void sinkForWhichLinesWaitedALittle_holdsThemOn() {
    several();
    advance(11);
    room.block();
    advance(10);
    assertThat(room.becomeLate(true, 1)).isFalse();
    assertThat(room.mayDrop(true)).isFalse();
    advance(5); // since the look before
    room.goOn();
    advance(4);
    room.block();
    assertThat(room.becomeLate(true, 2)).isTrue();
  }

  @Test
  void sinkAtTheSameCallAsBefore_yieldsOnceItHasNoRoom() {
    several();
    assertThat(room.becomeLate(false, 7)).isFalse();
    advance(10);
    assertThat(room.becomeLate(false, 7)).isFalse();
    assertThat(room.mayDrop(true)).isTrue();
    room.block();
    assertThat(room.becomeLate(false, 8)).isTrue();
  }

  @Test
  void sinkWithoutACall_isNotStuckInOne() {
    several();
    room.becomeLate(true, 0);
    room.becomeLate(true, 0);
    assertThat(room.mayDrop(true)).isFalse();
  }

  @Test
  void cancel_leavesNoTimer() {
    room.block();
    room.cancel();
    assertThat(time.pending()).isZero();
    room.goOnSoon();
    room.cancel();
    assertThat(time.pending()).isZero();
  }
}
