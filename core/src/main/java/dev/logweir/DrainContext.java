package dev.logweir;

import org.jspecify.annotations.Nullable;

/**
 * What the two streams of a job share: the loop that drains both, whose turn it is, and the numbers
 * of the lines. The parts of a stream have this, and not the {@link JobDrain} itself.
 */
abstract class DrainContext extends DrainLoop {
  /*
   * Lines of both streams go on in the order in which the writes that ended them came. A turn is
   * what one stream was given between two lines of the other; the lines in a buffer have the number
   * of theirs (LineOrder). A stream moves the turn to itself under its store's lock, before its
   * lines are there to be seen. Only the stream whose turn it is not moves it: so a volatile read and
   * write are enough.
   *
   * All else here is the owner's of the loop's state: of a pass, or of a write in its place.
   */

  final JobContext job;

  /** Tells of processors and listeners that throw. */
  final FailureLog lineLog;

  /** The turn under way; its lowest bit says which stream's. */
  private volatile int turn;

  /** Number of the last line given out. */
  private long lastNumber;

  /** Of the write that drains in its own place; made for the first one. */
  private @Nullable LineRun directRun;

  private final @Nullable MemoryBudget budget;

  /** Asks for a drain when the budget has got something back. */
  private final MemoryBudget.@Nullable Waiter budgetRequest;

  /** Room for lines longer than what the engine lends has, once there was a pass. */
  private @Nullable Scratch ownScratch;

  DrainContext(JobContext job) {
    super(job.lock, job.engine.drains, job.engine.time);
    this.job = job;
    budget = job.engine.budget();
    budgetRequest = budget == null ? null : new MemoryBudget.Waiter(this::request);
    boolean looked = job.settings.hasLineCode();
    lineLog = looked ? job.engine.log(LogProcessor.class, job) : job.log;
  }

  // ---- the order of both ----

  int turn() {
    return turn;
  }

  /** Moves the turn to the other stream: by that one, under its lock, as it is not its turn. */
  int takeTurn() {
    int next = turn + 1;
    turn = next;
    return next;
  }

  /** Gives out the number of a line that begins. */
  long nextNumber() {
    return ++lastNumber;
  }

  long lastNumber() {
    return lastNumber;
  }

  void skipNumbers(long lines) {
    lastNumber += lines;
  }

  // ---- memory ----

  /** Returns how often the budget has got something back. */
  long budgetGifts() {
    return budget == null ? 0 : budget.gifts();
  }

  /**
   * Has the drain asked for again when there may be segments: by the budget, and by the timer where
   * the heap had none, as no event tells of that.
   *
   * @param end of the pass that lacked one
   * @param gifts what {@link #budgetGifts} was before it
   */
  void waitForSegments(PassEnd end, long gifts) {
    if (end == PassEnd.NO_MEMORY) {
      retryLater();
    }
    if (budget != null && budgetRequest != null) {
      budget.whenGiven(budgetRequest);
      if (isGivenUp()) {
        budget.forget(budgetRequest);
      } else if (budget.gifts() != gifts) {
        request();
      }
    }
  }

  /** The drain is given up: the budget asks for it no more. */
  void forgetBudget() {
    if (budget != null && budgetRequest != null) {
      budget.forget(budgetRequest);
    }
  }

  /** Returns the room for a pass; where lines may be long, the same each time. */
  Scratch takeScratch() {
    if (job.settings.maxLineBytes <= JobSettings.DEFAULT_MAX_LINE) {
      return job.engine.takeScratch();
    }
    Scratch own = ownScratch;
    if (own == null) {
      own = new Scratch(job.settings.maxLineBytes);
      ownScratch = own;
    }
    return own;
  }

  void giveScratch(Scratch scratch) {
    if (scratch != ownScratch) {
      job.engine.giveScratch(scratch);
    }
  }

  /** There is no pass any more. */
  void dropScratch() {
    ownScratch = null;
  }

  /** Returns what a write in the drain's place is to use; null if there is no memory for it. */
  @Nullable LineRun directRun() {
    LineRun run = directRun;
    if (run == null) {
      try {
        run = new LineRun();
        directRun = run;
      } catch (OutOfMemoryError ignored) {
        // The lines go through the buffer.
      }
    }
    return run;
  }
}
