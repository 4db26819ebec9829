package dev.logweir.examples;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a package has for its users: each public type with the members that it declares itself, a
 * line each, with types, nullness, exceptions and the values of constants. In an order, and in
 * words, that depend on neither the compiler nor the JDK.
 */
final class PublicApi {
  private static final int SHOWN =
      Modifier.PUBLIC | Modifier.PROTECTED | Modifier.ABSTRACT | Modifier.STATIC | Modifier.FINAL;

  private PublicApi() {}

  static List<String> of(String packageName) throws IllegalAccessException {
    TreeMap<String, Class<?>> types = new TreeMap<>();
    for (JavaClass type :
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(packageName)) {
      Class<?> reflected = type.reflect();
      if (reflected.getPackageName().equals(packageName) && isSeen(reflected)) {
        types.put(reflected.getName(), reflected);
      }
    }
    List<String> lines = new ArrayList<>();
    for (Class<?> type : types.values()) {
      lines.add(head(type));
      List<String> members = new ArrayList<>();
      for (Field field : type.getDeclaredFields()) {
        if (isSeen(field)) {
          members.add(text(field));
        }
      }
      for (Constructor<?> constructor : type.getDeclaredConstructors()) {
        if (isSeen(constructor)) {
          members.add(modifiers(constructor) + "new" + rest(constructor));
        }
      }
      for (Method method : type.getDeclaredMethods()) {
        if (isSeen(method) && !method.isBridge()) {
          members.add(
              modifiers(method)
                  + (method.isDefault() ? "default " : "")
                  + method.getAnnotatedReturnType()
                  + " "
                  + method.getName()
                  + rest(method));
        }
      }
      Collections.sort(members);
      members.forEach(member -> lines.add("  " + member));
    }
    return lines.stream().map(PublicApi::shorter).toList();
  }

  private static String shorter(String line) {
    return line.replace("@org.jspecify.annotations.Nullable()", "@Nullable")
        .replace("java.lang.", "")
        .replace(" : Object, ", " : ")
        .replace(" : Object", "");
  }

  private static boolean isSeen(Class<?> type) {
    Class<?> owner = type.getDeclaringClass();
    return !type.isSynthetic()
        && (type.getModifiers() & (Modifier.PUBLIC | Modifier.PROTECTED)) != 0
        && (owner == null || isSeen(owner));
  }

  private static boolean isSeen(Member member) {
    return !member.isSynthetic()
        && (member.getModifiers() & (Modifier.PUBLIC | Modifier.PROTECTED)) != 0;
  }

  private static String head(Class<?> type) {
    String kind = type.isEnum() ? "enum" : type.isRecord() ? "record" : "class";
    List<String> above =
        Stream.concat(
                Stream.ofNullable(type.getAnnotatedSuperclass()),
                Arrays.stream(type.getAnnotatedInterfaces()))
            .map(AnnotatedType::toString)
            .toList();
    return Modifier.toString(type.getModifiers() & SHOWN)
        + " "
        + (type.isInterface() ? "interface" : kind)
        + " "
        + type.getName()
        + (above.isEmpty() ? "" : " : " + String.join(", ", above));
  }

  private static String text(Field field) throws IllegalAccessException {
    boolean constant =
        Modifier.isStatic(field.getModifiers())
            && (field.getType().isPrimitive() || field.getType() == String.class);
    return modifiers(field)
        + field.getAnnotatedType()
        + " "
        + field.getName()
        + (constant ? " = " + field.get(null) : "");
  }

  private static String modifiers(Member member) {
    String text = Modifier.toString(member.getModifiers() & SHOWN);
    return text.isEmpty() ? "" : text + " ";
  }

  private static String rest(Executable member) {
    String thrown = joined(member.getAnnotatedExceptionTypes());
    return "("
        + joined(member.getAnnotatedParameterTypes())
        + ")"
        + (thrown.isEmpty() ? "" : " throws " + thrown);
  }

  private static String joined(AnnotatedType[] types) {
    return Arrays.stream(types).map(AnnotatedType::toString).collect(Collectors.joining(", "));
  }
}
