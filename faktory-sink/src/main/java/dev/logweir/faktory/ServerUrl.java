package dev.logweir.faktory;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.Locale;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Where a server is, as a URL says it. The text of this, and of each failure, has no password. */
record ServerUrl(boolean tls, String host, int port, @Nullable String password) {
  static final int DEFAULT_PORT = 7419;
  static final ServerUrl DEFAULT = new ServerUrl(false, "localhost", DEFAULT_PORT, null);

  private static final String PROVIDER = "FAKTORY_PROVIDER";
  private static final String URL = "FAKTORY_URL";
  private static final int MAX_CHARS = 8 * 1024;

  private static final Pattern ADDRESS =
      Pattern.compile("([\\w.-]+|\\[[0-9A-Fa-f:.]+(?:%\\w+)?])(?::(\\d{1,5}))?");

  /**
   * Reads a URL such as {@code tcp://:password@host:7419} or {@code tcp+tls://host}.
   *
   * @throws IllegalArgumentException if it is no such URL
   */
  static ServerUrl parse(String name, String text) {
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
    int at = rest.lastIndexOf('@');
    String address = rest.substring(at + 1);
    if (address.endsWith("/")) {
      address = address.substring(0, address.length() - 1);
    }
    String password = at < 0 ? null : password(name, rest.substring(0, at));
    Matcher matcher = ADDRESS.matcher(address);
    if (!matcher.matches()) {
      throw refused(name, "have a host, and after it at most a port of 1 to 65535");
    }
    String digits = matcher.group(2);
    int port = digits == null ? DEFAULT_PORT : Integer.parseInt(digits);
    if (port < 1 || port > 65_535) {
      throw refused(name, "have a port of 1 to 65535");
    }
    return new ServerUrl(scheme.endsWith("tls"), matcher.group(1), port, password);
  }

  /**
   * Reads what the environment says, as every client of Faktory does.
   *
   * @throws IllegalArgumentException if it says something else than a URL; the text names the
   *     variable
   */
  static ServerUrl of(UnaryOperator<@Nullable String> environment) {
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

  ServerUrl withPassword(String given) {
    return new ServerUrl(tls, host, port, given);
  }

  /** A name before the password is ignored, as the server does. */
  private static @Nullable String password(String name, String userInfo) {
    int colon = userInfo.indexOf(':');
    if (colon < 0 && userInfo.indexOf('@') < 0) {
      return null;
    }
    String encoded = userInfo.substring(colon + 1);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < encoded.length(); i++) {
      char c = encoded.charAt(i);
      if (c == '%' && isHex(encoded, i + 1) && isHex(encoded, i + 2)) {
        bytes.write(Integer.parseInt(encoded.substring(i + 1, i + 3), 16));
        i += 2;
      } else if (c == '%' || c == '@' || c == ':' || c == '/') {
        throw new IllegalArgumentException(
            name
                + " must have each @, :, / and % of its password percent-encoded (%40, %3A, %2F,"
                + " %25)");
      } else {
        int codePoint = encoded.codePointAt(i);
        bytes.writeBytes(Character.toString(codePoint).getBytes(UTF_8));
        i += Character.charCount(codePoint) - 1;
      }
    }
    String password = bytes.toString(UTF_8);
    return password.isEmpty() ? null : password;
  }

  private static boolean isHex(String text, int index) {
    return index < text.length() && Character.digit(text.charAt(index), 16) >= 0;
  }

  /** Shows no part of what was given: any may be a password in the wrong place. */
  private static IllegalArgumentException refused(String name, String rule) {
    return new IllegalArgumentException(name + " must " + rule);
  }

  @Override
  public String toString() {
    return (tls ? "tcp+tls://" : "tcp://") + host + ":" + port;
  }
}
