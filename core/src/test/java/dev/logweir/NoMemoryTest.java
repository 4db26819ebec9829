package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Lets each allocation of core fail, one at a time, while jobs run, and looks whether anything but
 * what it was for is lost. {@code -Dallocations.only=REGEX} tries the sites whose name matches.
 */
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class NoMemoryTest {
  private static final Pattern ONLY = Pattern.compile(System.getProperty("allocations.only", ".*"));
  private static final long LIMIT_SECONDS = 60;

  private static List<String> sites;
  private static Method scenario;

  /** How often each site was reached with nothing failing; 0 where the jobs do not go. */
  private static int[] reached;

  private final ExecutorService runner = Executors.newCachedThreadPool();

  @BeforeAll
  static void loadAndRunOnce() throws Exception {
    AllocationSites all = new AllocationSites();
    Class<?> type = all.instrumented().loadClass("dev.logweir.MemoryScenario");
    scenario = type.getMethod("run");
    sites = all.numbered();
    reached = new int[sites.size()];
    for (int i = 0; i < 3; i++) {
      AllocationHook.arm(-1, 0, 0);
      scenario.invoke(null);
      for (int site = 0; site < reached.length; site++) {
        reached[site] = Math.max(reached[site], AllocationHook.hits(site));
      }
    }
  }

  @AfterAll
  static void disarm() {
    AllocationHook.arm(-1, 0, 0);
  }

  @AfterEach
  void endRunner() {
    runner.shutdownNow();
  }

  @Test
  void mostSites_areReached() {
    List<String> missed = new ArrayList<>();
    for (int site = 0; site < reached.length; site++) {
      if (reached[site] == 0) {
        missed.add(sites.get(site));
      }
    }
    assertThat(missed).as("%d sites", sites.size()).hasSizeLessThan(sites.size() / 2);
  }

  @Test
  void eachSite_failsAtItsFirstHit() throws Exception {
    List<String> wrong = new ArrayList<>();
    for (int site = 0; site < reached.length; site++) {
      if (reached[site] > 0) {
        tryIt(site, 1, 1, wrong);
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void eachSite_failsAtALaterHit() throws Exception {
    List<String> wrong = new ArrayList<>();
    for (int site = 0; site < reached.length; site++) {
      if (reached[site] > 1) {
        int hit = reached[site] / 2 + 1;
        tryIt(site, hit, hit, wrong);
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void eachSite_failsSeveralTimesOver() throws Exception {
    List<String> wrong = new ArrayList<>();
    for (int site = 0; site < reached.length; site++) {
      if (reached[site] > 2) {
        tryIt(site, 2, 5, wrong);
      }
    }
    assertThat(wrong).isEmpty();
  }

  private void tryIt(int site, int from, int to, List<String> wrong) throws Exception {
    String name = sites.get(site);
    if (!ONLY.matcher(name).find()) {
      return;
    }
    AllocationHook.arm(site, from, to);
    Future<?> run = runner.submit(() -> scenario.invoke(null));
    String what = name + " at hits " + from + " to " + to + ": ";
    try {
      run.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      AllocationHook.arm(-1, 0, 0);
      wrong.add(what + "does not end");
    } catch (java.util.concurrent.ExecutionException e) {
      Throwable cause = e.getCause();
      cause = cause instanceof InvocationTargetException ? cause.getCause() : cause;
      wrong.add(what + cause + trace(cause));
    }
  }

  private static String trace(Throwable cause) {
    StringBuilder text = new StringBuilder();
    Throwable at = cause;
    while (at.getCause() != null) {
      at = at.getCause();
    }
    for (StackTraceElement element : at.getStackTrace()) {
      if (element.getClassName().startsWith("dev.logweir.") && text.length() < 600) {
        text.append("\n      at ").append(element);
      }
    }
    return text.toString();
  }
}
