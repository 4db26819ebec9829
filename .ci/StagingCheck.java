import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/**
 * Checks a staging folder by the rules of the central repository: complete POMs without snapshots, sources, Javadoc,
 * checksums, a bill of materials that has what the POM has, and OSGi headers that agree with the module.
 *
 * <p>Usage: {@code java StagingCheck.java [--signed] FOLDER ARTIFACT...}: exactly these artifacts must be there, each file signed.
 * Without {@code --signed} they may also all be unsigned, which it says, as such a folder can't be uploaded.
 */
class StagingCheck {
  private static final String GROUP = "dev.logweir";
  private static final List<String> REQUIRED = List.of("name", "description", "url", "licenses", "developers", "scm");

  /** What each of those must have within it; a path of elements. */
  private static final List<String> WITHIN =
      List.of(
          "licenses/license/name",
          "licenses/license/url",
          "developers/developer/name",
          "scm/connection",
          "scm/developerConnection",
          "scm/url");

  private final List<String> faults = new ArrayList<>();
  private boolean anySigned;

  public static void main(String[] args) throws Exception {
    List<String> rest = new ArrayList<>(List.of(args));
    boolean mustBeSigned = rest.remove("--signed");
    if (rest.size() < 2) {
      System.err.println("usage: java StagingCheck.java [--signed] FOLDER ARTIFACT...");
      System.exit(2);
    }
    StagingCheck check = new StagingCheck();
    Path group = Path.of(rest.get(0)).resolve(GROUP.replace('.', '/'));
    Set<String> wanted = new TreeSet<>(rest.subList(1, rest.size()));
    Set<String> found = new TreeSet<>(names(group));
    if (!found.equals(wanted)) {
      check.faults.add("artifacts must be " + wanted + ": " + found);
    }
    int files = 0;
    try (Stream<Path> all = Files.walk(group)) {
      check.anySigned = all.anyMatch(file -> file.toString().endsWith(".asc")) || mustBeSigned;
    }
    for (String artifact : found) {
      if (artifact.endsWith("-bom")) {
        check.bom(group.resolve(artifact), artifact, found);
      }
      for (String version : names(group.resolve(artifact))) {
        if (Files.isDirectory(group.resolve(artifact).resolve(version))) {
          files += check.artifact(group.resolve(artifact).resolve(version), artifact, version);
        }
      }
    }
    check.faults.forEach(fault -> System.err.println("staging: " + fault));
    String signed = check.anySigned ? ", signed" : ", unsigned: not fit for an upload";
    System.out.println(found.size() + " artifacts, " + files + " files, " + check.faults.size() + " faults" + signed);
    System.exit(check.faults.isEmpty() && files > 0 ? 0 : 1);
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }

  private int artifact(Path folder, String artifact, String version) throws Exception {
    String base = artifact + "-" + version;
    Path pom = folder.resolve(base + ".pom");
    if (!Files.exists(pom)) {
      faults.add(base + ": no POM");
      return 0;
    }
    Element project = parse(pom);
    boolean isJar = !"pom".equals(text(project, "packaging"));
    pom(project, artifact, version);
    List<String> suffixes = new ArrayList<>(List.of(".pom", "-cyclonedx.json", "-cyclonedx.xml"));
    if (isJar) {
      suffixes.addAll(List.of(".jar", "-sources.jar", "-javadoc.jar"));
    }
    Set<String> expected = new HashSet<>();
    for (String suffix : suffixes) {
      file(folder.resolve(base + suffix), expected);
    }
    for (String name : names(folder)) {
      if (!expected.contains(name)) {
        faults.add(base + ": does not belong there: " + name);
      }
    }
    if (isJar) {
      billOfMaterials(folder.resolve(base + "-cyclonedx.xml"), project, base);
      jar(folder.resolve(base + ".jar"), base);
      contains(folder.resolve(base + "-sources.jar"), "module-info.java");
      contains(folder.resolve(base + "-javadoc.jar"), "index.html");
    }
    return expected.size();
  }

  private void pom(Element project, String artifact, String version) {
    String subject = artifact + "'s POM: ";
    same(subject + "groupId", text(project, "groupId"), GROUP);
    same(subject + "artifactId", text(project, "artifactId"), artifact);
    same(subject + "version", text(project, "version"), version);
    if (version.endsWith("-SNAPSHOT")) {
      faults.add(subject + "a snapshot: " + version);
    }
    for (String name : REQUIRED) {
      if (child(project, name) == null || child(project, name).getTextContent().isBlank()) {
        faults.add(subject + "no " + name);
      }
    }
    for (String path : WITHIN) {
      Element at = project;
      for (String name : path.split("/")) {
        at = at == null ? null : child(at, name);
      }
      if (at == null || at.getTextContent().isBlank()) {
        faults.add(subject + "no " + path);
      }
    }
    for (String name : List.of("parent", "repositories", "build", "profiles")) {
      if (child(project, name) != null) {
        faults.add(subject + "has a " + name);
      }
    }
    if (project.getTextContent().contains("${")) {
      faults.add(subject + "has a property that is not resolved");
    }
    var dependencies = project.getElementsByTagName("dependency");
    for (int i = 0; i < dependencies.getLength(); i++) {
      Element dependency = (Element) dependencies.item(i);
      String id = text(dependency, "groupId") + ":" + text(dependency, "artifactId");
      String its = text(dependency, "version");
      String scope = text(dependency, "scope");
      if (its.isEmpty() || its.endsWith("-SNAPSHOT") || its.startsWith("[") || its.startsWith("(")) {
        faults.add(subject + id + " has no fixed version: " + its);
      }
      if (scope.equals("test") || scope.equals("system")) {
        faults.add(subject + id + " has the scope " + scope);
      }
    }
  }

  /** Has a component for each dependency that comes with the artifact. */
  private void billOfMaterials(Path bill, Element project, String base) throws Exception {
    if (!Files.exists(bill)) {
      return;
    }
    Set<String> components = new HashSet<>();
    var all = parse(bill).getElementsByTagName("component");
    for (int i = 0; i < all.getLength(); i++) {
      Element component = (Element) all.item(i);
      components.add(text(component, "group") + ":" + text(component, "name") + ":" + text(component, "version"));
    }
    var dependencies = project.getElementsByTagName("dependency");
    for (int i = 0; i < dependencies.getLength(); i++) {
      Element dependency = (Element) dependencies.item(i);
      String scope = text(dependency, "scope");
      String id = text(dependency, "groupId") + ":" + text(dependency, "artifactId") + ":" + text(dependency, "version");
      if (List.of("", "compile", "runtime").contains(scope) && !"true".equals(text(dependency, "optional")) && !components.contains(id)) {
        faults.add(base + "-cyclonedx.xml does not name " + id);
      }
    }
  }

  /** A BOM must name every other artifact, each in the BOM's own version. */
  private void bom(Path folder, String artifact, Set<String> found) throws Exception {
    for (String version : names(folder)) {
      Path pom = folder.resolve(version).resolve(artifact + "-" + version + ".pom");
      if (Files.exists(pom)) {
        Set<String> named = new TreeSet<>(Set.of(artifact));
        var dependencies = parse(pom).getElementsByTagName("dependency");
        for (int i = 0; i < dependencies.getLength(); i++) {
          Element dependency = (Element) dependencies.item(i);
          named.add(text(dependency, "artifactId"));
          same(artifact + ": version of " + text(dependency, "artifactId"), text(dependency, "version"), version);
        }
        if (!named.equals(found)) {
          faults.add(artifact + " must name " + found + ": " + named);
        }
      }
    }
  }

  private void file(Path file, Set<String> expected) throws Exception {
    String name = file.getFileName().toString();
    expected.add(name);
    if (!Files.exists(file) || Files.size(file) == 0) {
      faults.add("missing or empty: " + name);
      return;
    }
    checksum(file, "md5", "MD5", expected);
    checksum(file, "sha1", "SHA-1", expected);
    if (anySigned) {
      String signature = name + ".asc";
      expected.add(signature);
      if (!Files.exists(file.resolveSibling(signature))) {
        faults.add("not signed: " + name);
      } else {
        checksum(file.resolveSibling(signature), "md5", "MD5", expected);
        checksum(file.resolveSibling(signature), "sha1", "SHA-1", expected);
      }
    }
  }

  private void checksum(Path file, String suffix, String algorithm, Set<String> expected) throws Exception {
    Path sum = file.resolveSibling(file.getFileName() + "." + suffix);
    expected.add(sum.getFileName().toString());
    if (!Files.exists(sum)) {
      faults.add("missing: " + sum.getFileName());
      return;
    }
    byte[] digest = MessageDigest.getInstance(algorithm).digest(Files.readAllBytes(file));
    same(sum.getFileName().toString(), Files.readString(sum).strip(), HexFormat.of().formatHex(digest));
  }

  /** What the module exports and what the bundle exports must be the same. */
  private void jar(Path jar, String base) throws Exception {
    if (!Files.exists(jar)) {
      return;
    }
    try (JarFile file = new JarFile(jar.toFile())) {
      Manifest manifest = file.getManifest();
      var entry = file.getEntry("module-info.class");
      if (entry == null || manifest == null) {
        faults.add(base + ".jar has no module-info or no manifest");
        return;
      }
      var module = java.lang.module.ModuleDescriptor.read(file.getInputStream(entry));
      Set<String> exported = new TreeSet<>();
      module.exports().stream().filter(export -> !export.isQualified()).forEach(export -> exported.add(export.source()));
      String header = String.valueOf(manifest.getMainAttributes().getValue("Export-Package"));
      Set<String> bundled = new TreeSet<>();
      for (String clause : header.replaceAll("\"[^\"]*\"", "").split(",")) {
        bundled.add(clause.replaceAll(";.*", ""));
      }
      if (!exported.equals(bundled)) {
        faults.add(base + ".jar: the module exports " + exported + ", the bundle " + bundled);
      }
      String imported = String.valueOf(manifest.getMainAttributes().getValue("Import-Package"));
      if (imported.contains(";resolution:=optional") || exported.isEmpty()) {
        faults.add(base + ".jar: exports nothing, or imports what may be missing: " + imported);
      }
    }
  }

  private void contains(Path jar, String name) throws IOException {
    if (Files.exists(jar)) {
      try (JarFile file = new JarFile(jar.toFile())) {
        if (file.getEntry(name) == null) {
          faults.add(jar.getFileName() + " has no " + name);
        }
      }
    }
  }

  private void same(String what, String is, String must) {
    if (!is.equals(must)) {
      faults.add(what + " must be " + must + ": " + is);
    }
  }

  private static Element parse(Path pom) throws Exception {
    Document document = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(pom.toFile());
    return document.getDocumentElement();
  }

  private static Element child(Element parent, String name) {
    for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
      if (node instanceof Element element && element.getTagName().equals(name)) {
        return element;
      }
    }
    return null;
  }

  private static String text(Element parent, String name) {
    Element element = child(parent, name);
    return element == null ? "" : element.getTextContent().strip();
  }
}
