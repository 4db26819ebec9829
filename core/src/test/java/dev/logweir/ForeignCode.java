package dev.logweir;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Stands before what a user gives to the library: counts every call of it by its name, and lets one
 * of them throw. Whatever is called is found by being called; there is no list.
 */
final class ForeignCode {
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Integer> calls = new TreeMap<>();
  private @Nullable String name;
  private int number;
  private @Nullable Throwable fault;
  private boolean thrown;

  /** Lets one call throw, by its name and its number from 1. */
  void fail(String call, int callNumber, Throwable failure) {
    name = call;
    number = callNumber;
    fault = failure;
  }

  /** Takes note of a call, which may throw. */
  void called(String call) {
    Throwable failure = null;
    lock.lock();
    try {
      int count = calls.merge(call, 1, Integer::sum);
      if (call.equals(name) && count == number) {
        thrown = true;
        failure = fault;
      }
    } finally {
      lock.unlock();
    }
    if (failure != null) {
      Faults.throwIt(failure);
    }
  }

  boolean hasThrown() {
    lock.lock();
    try {
      return thrown;
    } finally {
      lock.unlock();
    }
  }

  int count(String call) {
    lock.lock();
    try {
      return calls.getOrDefault(call, 0);
    } finally {
      lock.unlock();
    }
  }

  Map<String, Integer> calls() {
    lock.lock();
    try {
      return Map.copyOf(calls);
    } finally {
      lock.unlock();
    }
  }

  /** Returns a view of an object on which each call of the type's methods is one of these. */
  <T> T watch(Class<T> type, String prefix, T target) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              if (method.getDeclaringClass() == Object.class) {
                return method.getName().equals("equals")
                    ? proxy == arguments[0]
                    : method.invoke(target, arguments);
              }
              called(prefix + "." + method.getName());
              try {
                return method.invoke(target, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }

  /** An exception of the user's: what it says of itself is foreign code too. */
  final class Failure extends Exception {
    private static final long serialVersionUID = 1L;

    @Override
    public String getMessage() {
      called("exception.getMessage");
      return "a failure of the user's code";
    }

    @Override
    public String getLocalizedMessage() {
      called("exception.getLocalizedMessage");
      return "a failure of the user's code";
    }

    @Override
    public String toString() {
      called("exception.toString");
      return "a failure of the user's code";
    }

    @Override
    public StackTraceElement[] getStackTrace() {
      called("exception.getStackTrace");
      return super.getStackTrace();
    }

    @Override
    public synchronized @Nullable Throwable getCause() {
      called("exception.getCause");
      return null;
    }
  }
}
