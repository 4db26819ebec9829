package dev.logweir;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Handle;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/**
 * Where core allocates, as its compiled classes tell: on the paths of a job (write, drain, send,
 * end), and when something is built or started.
 *
 * <p>An allocation is an object, an array, a lambda, a text put together, and a call of a method
 * outside core that returns an object or makes a collection grow, short of those known not to
 * allocate. What a path reaches is looked for by names and types: rather too much than too little.
 */
final class AllocationSites {
  private static final String CORE = "dev/logweir/";

  /** What the JDK, a sender or a user calls of an object that core made. */
  private static final Set<String> CALLED_FROM_OUTSIDE =
      Set.of("run", "get", "size", "iterator", "hasNext", "next", "cancel", "newThread", "apply");

  /** Entry points of a job's life from outside. */
  private static final Set<String> OF_A_JOB =
      Set.of(
          "SafeBuffer",
          "LogStreamer",
          "BatchShipper",
          "LogBatch",
          "LineReader",
          "LogLine",
          "LogReport",
          "SinkReport",
          "LogProcessor",
          "LogListener",
          "MemoryBudget",
          "LogweirEngine");

  /** Of these classes, what builds or starts. */
  private static final Pattern STARTS =
      Pattern.compile(".*\\$Builder\\..*|.*\\.(builder|start|shared|of|<init>|toString).*");

  private static final Set<String> STARTING =
      Set.of(
          "LogStreamer$Builder.start", "LogweirEngine$Builder.build", "BatchShipper$Builder.start");

  private static final Set<String> NOT_ALLOCATING =
      Set.of(
          "requireNonNull",
          "currentThread",
          "getClass",
          "getName",
          "get",
          "getLast",
          "getFirst",
          "remove",
          "removeLast",
          "poll",
          "getOrDefault",
          "getUncaughtExceptionHandler",
          "getContextClassLoader",
          "cast",
          "ordinal");

  private static final Set<String> GROWING =
      Set.of("add", "addAll", "addLast", "put", "putAll", "merge", "append", "computeIfPresent");

  private static final Set<String> OTHERS =
      Set.of(
          "java/util/concurrent/locks/ReentrantLock.lock",
          "java/util/concurrent/locks/ReentrantLock.lockInterruptibly",
          "java/util/concurrent/locks/Condition.await",
          "java/util/concurrent/locks/Condition.awaitNanos",
          "java/util/concurrent/atomic/LongAdder.add",
          "java/util/concurrent/Executor.execute",
          "java/lang/Thread.start");

  private final Map<String, byte[]> classes = new TreeMap<>();
  private final Map<String, Set<String>> supers = new TreeMap<>();

  /** By class, method and descriptor. */
  private final Map<String, Code> methods = new TreeMap<>();

  private final Set<String> ofJobs;
  private final Set<String> ofStarts;

  /** The numbered sites of the instrumented classes. */
  private final List<String> numbered = new ArrayList<>();

  /** What a method allocates and calls. */
  private record Code(List<String> sites, List<String> calls, List<String> made) {
    Code() {
      this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }
  }

  AllocationSites() {
    try (Stream<Path> files = Files.list(classFolder())) {
      for (Path file : files.filter(f -> f.toString().endsWith(".class")).sorted().toList()) {
        byte[] bytes = Files.readAllBytes(file);
        ClassReader reader = new ClassReader(bytes);
        if (reader.getClassName().startsWith(CORE)) {
          classes.put(reader.getClassName(), bytes);
        }
      }
    } catch (IOException | URISyntaxException e) {
      throw new IllegalStateException(e);
    }
    classes.forEach((name, bytes) -> read(name, new ClassReader(bytes)));
    List<String> job = new ArrayList<>();
    List<String> start = new ArrayList<>();
    for (String method : methods.keySet()) {
      String shown = method.substring(CORE.length());
      String owner = shown.substring(0, shown.indexOf('.'));
      if (OF_A_JOB.contains(owner) && !STARTS.matcher(shown).matches()) {
        job.add(method);
      }
      if (STARTING.contains(shown.substring(0, shown.indexOf('(')))) {
        start.add(method);
      }
    }
    ofJobs = reachable(job);
    ofStarts = reachable(start);
  }

  private static Path classFolder() throws URISyntaxException {
    return Path.of(SafeBuffer.class.getProtectionDomain().getCodeSource().getLocation().toURI())
        .resolve(CORE);
  }

  private void read(String name, ClassReader reader) {
    Set<String> above = new HashSet<>(List.of(reader.getInterfaces()));
    above.add(reader.getSuperName());
    supers.put(name, above);
    reader.accept(
        new ClassVisitor(Opcodes.ASM9) {
          @Override
          public MethodVisitor visitMethod(
              int access, String method, String descriptor, String signature, String[] thrown) {
            Code code = new Code();
            methods.put(name + "." + method + descriptor, code);
            return new SiteVisitor(null) {
              @Override
              void site(String what) {
                code.sites.add(what);
              }

              @Override
              void call(String owner, String called) {
                code.calls.add(owner + "." + called);
              }

              @Override
              void made(String type) {
                code.made.add(type);
              }
            };
          }
        },
        ClassReader.SKIP_DEBUG | ClassReader.SKIP_FRAMES);
  }

  /** Returns the classes and interfaces above one, itself among them. */
  private Set<String> above(String name) {
    Set<String> found = new HashSet<>();
    Deque<String> open = new ArrayDeque<>(List.of(name));
    while (!open.isEmpty()) {
      String next = open.removeLast();
      if (found.add(next)) {
        open.addAll(supers.getOrDefault(next, Set.of()));
      }
    }
    return found;
  }

  private Set<String> reachable(List<String> roots) {
    Set<String> found = new HashSet<>();
    Deque<String> open = new ArrayDeque<>(roots);
    while (!open.isEmpty()) {
      String method = open.removeLast();
      Code code = methods.get(method);
      if (code == null || !found.add(method)) {
        continue;
      }
      for (String call : code.calls) {
        int dot = call.indexOf('.');
        open.addAll(implementations(call.substring(0, dot), call.substring(dot + 1)));
      }
      for (String type : code.made) {
        for (String candidate : methods.keySet()) {
          int dot = candidate.indexOf('.');
          String called = candidate.substring(dot + 1, candidate.indexOf('('));
          if (candidate.substring(0, dot).equals(type) && CALLED_FROM_OUTSIDE.contains(called)) {
            open.add(candidate);
          }
        }
      }
    }
    return found;
  }

  private List<String> implementations(String owner, String method) {
    List<String> found = new ArrayList<>();
    for (String name : classes.keySet()) {
      if (methods.containsKey(name + "." + method)
          && (above(name).contains(owner) || above(owner).contains(name))) {
        found.add(name + "." + method);
      }
    }
    return found;
  }

  /** Returns the path of a method: job, start, or null if it is on none. */
  private String path(String method) {
    if (method.contains(".<clinit>")) {
      return null;
    }
    return ofJobs.contains(method) ? "job" : ofStarts.contains(method) ? "start" : null;
  }

  /** Returns the list, sorted: path, method, what is allocated, how often. */
  List<String> list() {
    Map<String, Integer> counts = new TreeMap<>();
    methods.forEach(
        (method, code) -> {
          String path = path(method);
          if (path != null) {
            code.sites.forEach(
                what -> counts.merge(shown(method) + " " + what + " | " + path, 1, Integer::sum));
          }
        });
    List<String> lines = new ArrayList<>();
    counts.forEach(
        (key, count) -> {
          String[] parts = key.split(" \\| ", 2);
          lines.add(parts[1] + " " + parts[0] + " x" + count);
        });
    Collections.sort(lines);
    return lines;
  }

  /** Compilers number the bodies of lambdas differently. */
  private static String shown(String method) {
    String name = method.substring(CORE.length(), method.indexOf('('));
    return name.replaceAll("lambda\\$(\\w+)\\$\\d+", "$1.lambda").replace("lambda$", "");
  }

  /** Returns the names of the sites, by the number that the hook is told. */
  List<String> numbered() {
    return numbered;
  }

  /** Returns a loader of core and its tests in which each site tells the hook before it is due. */
  ClassLoader instrumented() {
    Map<String, byte[]> made = new TreeMap<>();
    classes.forEach((name, bytes) -> made.put(name.replace('/', '.'), instrument(name, bytes)));
    return new InstrumentedLoader(made);
  }

  private byte[] instrument(String name, byte[] bytes) {
    ClassReader reader = new ClassReader(bytes);
    ClassWriter writer = new ClassWriter(reader, 0);
    reader.accept(
        new ClassVisitor(Opcodes.ASM9, writer) {
          @Override
          public MethodVisitor visitMethod(
              int access, String method, String descriptor, String signature, String[] thrown) {
            MethodVisitor target = super.visitMethod(access, method, descriptor, signature, thrown);
            String path = path(name + "." + method + descriptor);
            return path == null ? target : new HookVisitor(target, name, method, descriptor, path);
          }
        },
        0);
    return writer.toByteArray();
  }

  /** Lets each site of a method call the hook first. */
  private final class HookVisitor extends SiteVisitor {
    private final String method;

    HookVisitor(MethodVisitor target, String owner, String name, String descriptor, String path) {
      super(target);
      method = path + " " + shown(owner + "." + name + descriptor);
    }

    @Override
    void site(String what) {
      visitLdcInsn(numbered.size());
      mv.visitMethodInsn(Opcodes.INVOKESTATIC, CORE + "AllocationHook", "at", "(I)V", false);
      numbered.add(method + " " + what);
    }

    @Override
    void call(String owner, String called) {
      // what is called is known by now
    }

    @Override
    void made(String type) {
      // as is what is made
    }

    @Override
    public void visitMaxs(int stack, int locals) {
      super.visitMaxs(stack + 1, locals);
    }
  }

  /** Finds the allocations and the calls in a method. */
  private abstract static class SiteVisitor extends MethodVisitor {
    SiteVisitor(MethodVisitor target) {
      super(Opcodes.ASM9, target);
    }

    abstract void site(String what);

    abstract void call(String owner, String method);

    abstract void made(String type);

    @Override
    public void visitTypeInsn(int opcode, String type) {
      if (opcode == Opcodes.ANEWARRAY) {
        site("array " + simple(type));
      }
      super.visitTypeInsn(opcode, type);
      if (opcode == Opcodes.NEW) {
        made(type);
        site("new " + simple(type)); // behind it, as frames name the place of the instruction
      }
    }

    @Override
    public void visitIntInsn(int opcode, int operand) {
      if (opcode == Opcodes.NEWARRAY) {
        site("array");
      }
      super.visitIntInsn(opcode, operand);
    }

    @Override
    public void visitMultiANewArrayInsn(String descriptor, int dimensions) {
      site("array " + descriptor);
      super.visitMultiANewArrayInsn(descriptor, dimensions);
    }

    @Override
    public void visitInvokeDynamicInsn(
        String name, String descriptor, Handle bootstrap, Object... arguments) {
      String maker = bootstrap.getName();
      boolean lambda = maker.equals("metafactory") || maker.equals("altMetafactory");
      if (lambda || !maker.equals("bootstrap") || name.equals("toString")) {
        site(lambda ? "lambda" : "text");
      }
      for (Object argument : arguments) {
        if (argument instanceof Handle handle) {
          call(handle.getOwner(), handle.getName() + handle.getDesc());
        }
      }
      super.visitInvokeDynamicInsn(name, descriptor, bootstrap, arguments);
    }

    @Override
    public void visitMethodInsn(
        int opcode, String owner, String name, String descriptor, boolean isInterface) {
      call(owner, name + descriptor);
      if (!owner.startsWith(CORE) && mayAllocate(owner, name, descriptor)) {
        site("call " + simple(owner) + "." + name);
      }
      super.visitMethodInsn(opcode, owner, name, descriptor, isInterface);
    }

    private static boolean mayAllocate(String owner, String name, String descriptor) {
      if (OTHERS.contains(owner + "." + name) || owner.equals("org/slf4j/Logger")) {
        return true;
      }
      if (name.equals("<init>") || NOT_ALLOCATING.contains(name)) {
        return false;
      }
      int result = Type.getReturnType(descriptor).getSort();
      boolean makes = result == Type.OBJECT || result == Type.ARRAY;
      return makes || (owner.startsWith("java/util/") && GROWING.contains(name));
    }

    private static String simple(String type) {
      return type.substring(type.lastIndexOf('/') + 1);
    }
  }

  /** Has core and its tests for itself, as they see what is package-private. */
  private static final class InstrumentedLoader extends ClassLoader {
    private final Map<String, byte[]> made;

    InstrumentedLoader(Map<String, byte[]> made) {
      super(AllocationSites.class.getClassLoader());
      this.made = made;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      synchronized (getClassLoadingLock(name)) {
        Class<?> loaded = findLoadedClass(name);
        if (loaded != null) {
          return loaded;
        }
        boolean own = name.startsWith("dev.logweir.") && !name.endsWith("AllocationHook");
        return own ? define(name) : super.loadClass(name, resolve);
      }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
      byte[] bytes = made.get(name);
      if (bytes == null) {
        bytes = testClass(name);
      }
      return defineClass(name, bytes, 0, bytes.length);
    }

    private byte[] testClass(String name) throws ClassNotFoundException {
      try (var in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
        if (in == null) {
          throw new ClassNotFoundException(name);
        }
        return in.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
