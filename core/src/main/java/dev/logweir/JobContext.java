package dev.logweir;

/**
 * What the parts of a job know of it: engine, settings, name and locks, and the events that they
 * report. Streams, sinks and the end have this, and not the {@link Job} itself.
 */
abstract class JobContext {
  enum State {
    RUNNING,
    ENDING,
    OVER
  }

  final LogweirEngine engine;
  final JobSettings settings;

  /** Of a job that was given no name. */
  private final int number;

  /** Logs failures in the job's own work: its drain, its end, its pumps. */
  final FailureLog log;

  /** What stands in the markers of this job, which the job itself can't know. */
  final int markerToken = Markers.Tokens.next();

  final MemoryLock lock = new MemoryLock(LockOrder.Level.JOB);

  /**
   * Guards the thread of a pass, or of what comes after the log, against an interrupt that comes
   * after it. Apart from the job's lock, and before it: an interrupt may run foreign code.
   */
  final MemoryLock interrupts = new MemoryLock(LockOrder.Level.CALL);

  private volatile boolean linesWait;

  /** Written under the locks of all streams and sinks. */
  private volatile boolean accountClosed;

  JobContext(LogweirEngine engine, JobSettings settings) {
    this.engine = engine;
    this.settings = settings;
    number = settings.name == null ? engine.nextJobNumber() : 0;
    log = engine.log(FailureLog.JOB, this);
  }

  // ---- what a part tells the job ----

  /** Lines may go on that waited. */
  abstract void requestDrain();

  /** A send has ended: what waited for room goes on. */
  abstract void roomFreed();

  /** The streams are drained and the processors have ended. */
  abstract void drained();

  /** One of the sinks has sent all that it ever will. */
  abstract void sinkDone();

  /** The end is over. */
  abstract void over();

  /** The balance, and what is known of the end, change no more. */
  void closeAccount() {
    accountClosed = true;
  }

  /**
   * From now on lines wait where there is no room: also when the pump that asked for it has ended,
   * as what it read may still be in the buffers.
   */
  void linesWait() {
    linesWait = true;
  }

  // ---- what a part asks ----

  /** Returns the name that it was given, or made from its number when it is asked for. */
  String name() {
    String given = settings.name;
    return given == null ? "job-" + number : given;
  }

  @Override
  public String toString() {
    return name();
  }

  /** Whether the calling thread is in a processor, sender or callback of this job. */
  abstract boolean isWithin();

  boolean isWaiting() {
    return linesWait;
  }

  boolean isAccountClosed() {
    return accountClosed;
  }

  /** What a thread may be in, and be interrupted for. */
  interface Occupation {
    boolean isOn(Thread thread);
  }

  /** Interrupts a thread, unless it has left what it was in; not under the job's lock. */
  void interruptIfOn(Occupation occupation, Thread thread) {
    interrupts.lock();
    try {
      if (occupation.isOn(thread)) {
        thread.interrupt();
      }
    } finally {
      interrupts.unlock();
    }
  }
}
