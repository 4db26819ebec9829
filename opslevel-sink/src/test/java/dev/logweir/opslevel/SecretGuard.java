package dev.logweir.opslevel;

import static java.nio.charset.StandardCharsets.UTF_8;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.AppenderBase;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.lifecycle.AfterContainerHook;
import net.jqwik.api.lifecycle.ContainerLifecycleContext;
import net.jqwik.api.lifecycle.PropagationMode;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Searches all that is logged in the whole test run, down to TRACE, with the exceptions and their
 * causes, for the token and for the masked value. A class of tests in which one is found fails.
 */
public final class SecretGuard extends AppenderBase<ILoggingEvent> {
  /** What a masker keeps from everybody, in the tests that have one. */
  static final String MASKED = "m4sked-value-of-the-tests";

  private static final List<String> SECRETS =
      List.of(FakeOpsLevel.TOKEN, MASKED, base64(FakeOpsLevel.TOKEN), base64(MASKED));
  private static final Queue<String> LEAKS = new ConcurrentLinkedQueue<>();
  private static final AtomicLong SEARCHED = new AtomicLong();

  /** Returns the beginning, which is the same whatever follows. */
  private static String base64(String text) {
    String encoded = Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
    return encoded.substring(0, text.length() / 3 * 4);
  }

  static boolean hasSecret(String text) {
    return SECRETS.stream().anyMatch(text::contains);
  }

  /** Searches a text that was not logged. */
  static void search(String where, String text) {
    SEARCHED.incrementAndGet();
    if (hasSecret(text)) {
      LEAKS.add(where + ": " + text);
    }
  }

  static long searched() {
    return SEARCHED.get();
  }

  static void assertNoLeak() {
    String leak = LEAKS.poll();
    if (leak != null) {
      throw new AssertionError("a secret is shown by " + leak);
    }
  }

  @Override
  protected void append(ILoggingEvent event) {
    search(event.getLoggerName(), event.getFormattedMessage());
    search(event.getLoggerName(), event.getThrowableProxy());
  }

  private static void search(String where, IThrowableProxy thrown) {
    if (thrown == null) {
      return;
    }
    search(where, String.valueOf(thrown.getMessage()));
    search(where, thrown.getCause());
    for (IThrowableProxy suppressed : thrown.getSuppressed()) {
      search(where, suppressed);
    }
  }

  /** Fails a class of tests. */
  public static final class AfterTests implements AfterAllCallback {
    @Override
    public void afterAll(ExtensionContext context) {
      assertNoLeak();
    }
  }

  /** Fails a class of properties. */
  public static final class AfterProperties implements AfterContainerHook {
    @Override
    public PropagationMode propagateTo() {
      return PropagationMode.ALL_DESCENDANTS;
    }

    @Override
    public boolean appliesTo(Optional<java.lang.reflect.AnnotatedElement> element) {
      return true;
    }

    @Override
    public void afterContainer(ContainerLifecycleContext context) {
      assertNoLeak();
    }
  }
}
