package dev.logweir.faktory;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.Locale;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The address of a Faktory server, with user and password, as a URL: {@code
 * tcp://user:password@host:7419}, or {@code tcp+tls://…} for TLS.
 *
 * <p>Accepts what the Go client accepts: {@code @} and {@code :} in a password need not be encoded,
 * a path and a query are of no effect. {@code /}, {@code ?}, {@code #} and {@code %} in it must be
 * percent-encoded, as a URL's user part ends there. Immutable and so thread-safe. {@link #toString}
 * and the text of each failure have neither user nor password.
 */
public final class FaktoryUrl {
  static final int DEFAULT_PORT = 7419;
  static final FaktoryUrl DEFAULT = new FaktoryUrl(false, "localhost", DEFAULT_PORT, "", "");

  private static final String PROVIDER = "FAKTORY_PROVIDER";
  private static final String URL = "FAKTORY_URL";
  private static final int MAX_CHARS = 8 * 1024;

  private static final Pattern ADDRESS =
      Pattern.compile("([\\w.-]+|\\[[0-9A-Fa-f:.]+(?:%\\w+)?])(?::(\\d{1,5}))?");

  /** What ends the host and port, and so the user and password before them. */
  private static final Pattern END = Pattern.compile("[/?#]");

  private final boolean tls;
  private final String host;
  private final int port;
  private final String user;
  private final String password;

  private FaktoryUrl(boolean tls, String host, int port, String user, String password) {
    this.tls = tls;
    this.host = host;
    this.port = port;
    this.user = user;
    this.password = password;
  }

  /**
   * Reads a URL.
   *
   * @throws NullPointerException if it is null
   * @throws IllegalArgumentException if it is no such URL, or has over 8,192 characters
   */
  public static FaktoryUrl of(String url) {
    return parse("url", Objects.requireNonNull(url, "url"));
  }

  /**
   * Reads the URL of the environment, as every client of Faktory does: the variable that {@code
   * FAKTORY_PROVIDER} names, else {@code FAKTORY_URL}, else {@code tcp://localhost:7419}.
   *
   * @param environment returns the value of a variable, null if it is not set
   * @throws NullPointerException if {@code environment} is null
   * @throws IllegalArgumentException if it is not a URL; the text names the variable
   */
  public static FaktoryUrl of(UnaryOperator<@Nullable String> environment) {
    String provider = environment.apply(PROVIDER);
    if (provider == null || provider.isEmpty()) {
      String url = environment.apply(URL);
      return url == null || url.isEmpty() ? DEFAULT : parse(URL, url);
    }
    if (provider.indexOf(':') >= 0) {
      throw new IllegalArgumentException(
          PROVIDER + " must be the name of the variable that holds the URL, not the URL itself");
    }
    if (provider.equals(PROVIDER)) {
      throw refused(PROVIDER, "name another variable");
    }
    String url = environment.apply(provider);
    if (url == null || url.isEmpty()) {
      throw refused(PROVIDER, "name a variable that is set");
    }
    return parse(provider, url);
  }

  static FaktoryUrl parse(String name, String text) {
    if (text.length() > MAX_CHARS) {
      throw new IllegalArgumentException(
          name + " must have at most " + MAX_CHARS + " characters: " + text.length());
    }
    int colon = text.indexOf("://");
    String scheme = colon < 0 ? "" : text.substring(0, colon).toLowerCase(Locale.ROOT);
    if (!scheme.equals("tcp") && !scheme.equals("tcp+tls")) {
      throw refused(name, "begin with tcp:// or tcp+tls://");
    }
    String rest = text.substring(colon + 3);
    Matcher end = END.matcher(rest);
    String authority = end.find() ? rest.substring(0, end.start()) : rest;
    int at = authority.lastIndexOf('@');
    Matcher address = ADDRESS.matcher(authority.substring(at + 1));
    if (!address.matches()) {
      throw refused(
          name,
          rest.lastIndexOf('@') > authority.length()
              ? "have each /, ?, # and % of its password percent-encoded (%2F, %3F, %23, %25)"
              : "have a host, and after it at most a port of 1 to 65535");
    }
    String digits = address.group(2);
    int port = digits == null ? DEFAULT_PORT : Integer.parseInt(digits);
    if (port < 1 || port > 65_535) {
      throw refused(name, "have a port of 1 to 65535");
    }
    String userInfo = at < 0 ? "" : authority.substring(0, at);
    int user = userInfo.indexOf(':');
    return new FaktoryUrl(
        scheme.endsWith("tls"),
        address.group(1),
        port,
        decode(name, user < 0 ? userInfo : userInfo.substring(0, user)),
        user < 0 ? "" : decode(name, userInfo.substring(user + 1)));
  }

  private static String decode(String name, String encoded) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < encoded.length(); i++) {
      char c = encoded.charAt(i);
      if (c == '%' && isHex(encoded, i + 1) && isHex(encoded, i + 2)) {
        bytes.write(Integer.parseInt(encoded.substring(i + 1, i + 3), 16));
        i += 2;
      } else if (c == '%') {
        throw refused(name, "have each % of its user and password percent-encoded (%25)");
      } else {
        int codePoint = encoded.codePointAt(i);
        bytes.writeBytes(Character.toString(codePoint).getBytes(UTF_8));
        i += Character.charCount(codePoint) - 1;
      }
    }
    return bytes.toString(UTF_8);
  }

  private static boolean isHex(String text, int index) {
    return index < text.length() && Character.digit(text.charAt(index), 16) >= 0;
  }

  /** Shows no part of what was given: any may be a password in the wrong place. */
  private static IllegalArgumentException refused(String name, String rule) {
    return new IllegalArgumentException(name + " must " + rule);
  }

  FaktoryUrl withPassword(String given) {
    return new FaktoryUrl(tls, host, port, user, given);
  }

  /** Returns whether it is {@code tcp+tls://}. */
  public boolean tls() {
    return tls;
  }

  /** Returns the host, an address of IPv6 in its brackets. */
  public String host() {
    return host;
  }

  /** Returns the port, 7419 if none is given. */
  public int port() {
    return port;
  }

  /** Returns the user, empty if none is given. */
  public String user() {
    return user;
  }

  /** Returns the password, empty if none is given. */
  public String password() {
    return password;
  }

  @Override
  public String toString() {
    return (tls ? "tcp+tls://" : "tcp://") + host + ":" + port;
  }
}
