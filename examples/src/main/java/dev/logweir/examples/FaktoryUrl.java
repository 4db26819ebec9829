package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.Locale;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a Faktory server is, by the rules that the client has too. No text of this has the
 * password, be it a failure's.
 *
 * @param password empty for none
 */
record FaktoryUrl(boolean tls, String host, int port, String password) {
  private static final String PROVIDER = "FAKTORY_PROVIDER";
  private static final Pattern ADDRESS =
      Pattern.compile("([\\w.-]+|\\[[0-9A-Fa-f:.]+(?:%\\w+)?])(?::(\\d{1,5}))?/?");

  /**
   * Reads the variable that {@code FAKTORY_PROVIDER} names, else {@code FAKTORY_URL}.
   *
   * @throws IllegalArgumentException if it holds no URL
   */
  static FaktoryUrl of(UnaryOperator<@Nullable String> environment) {
    String provider = environment.apply(PROVIDER);
    if (provider == null || provider.isEmpty()) {
      String url = environment.apply("FAKTORY_URL");
      return url == null || url.isEmpty()
          ? new FaktoryUrl(false, "localhost", 7419, "")
          : parse("FAKTORY_URL", url);
    }
    String url = environment.apply(provider);
    if (provider.indexOf(':') >= 0 || provider.equals(PROVIDER) || url == null || url.isEmpty()) {
      throw new IllegalArgumentException(PROVIDER + " must name another variable that is set");
    }
    return parse(provider, url);
  }

  private static FaktoryUrl parse(String name, String text) {
    int colon = text.indexOf("://");
    String scheme = colon < 0 ? "" : text.substring(0, colon).toLowerCase(Locale.ROOT);
    if (!scheme.equals("tcp") && !scheme.equals("tcp+tls")) {
      throw new IllegalArgumentException(name + " must begin with tcp:// or tcp+tls://");
    }
    String rest = text.substring(colon + 3);
    int at = rest.lastIndexOf('@');
    Matcher address = ADDRESS.matcher(rest.substring(at + 1));
    if (!address.matches()) {
      throw new IllegalArgumentException(
          name + " must have a host, and after it at most a port of 1 to 65535");
    }
    int port = address.group(2) == null ? 7419 : Integer.parseInt(address.group(2));
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException(name + " must have a port of 1 to 65535");
    }
    String user = at < 0 ? "" : rest.substring(0, at);
    String password =
        user.indexOf(':') < 0 && user.indexOf('@') < 0
            ? ""
            : decode(name, user.substring(user.indexOf(':') + 1));
    return new FaktoryUrl(scheme.endsWith("tls"), address.group(1), port, password);
  }

  private static String decode(String name, String encoded) {
    if (!encoded.matches("(?:[^%@:/]|%[0-9A-Fa-f]{2})*")) {
      throw new IllegalArgumentException(
          name + " must have each @, :, / and % of its password percent-encoded");
    }
    byte[] text = encoded.getBytes(UTF_8);
    ByteArrayOutputStream decoded = new ByteArrayOutputStream();
    for (int i = 0; i < text.length; i++) {
      if (text[i] == '%') {
        decoded.write(Integer.parseInt(new String(text, i + 1, 2, UTF_8), 16));
        i += 2;
      } else {
        decoded.write(text[i]);
      }
    }
    return decoded.toString(UTF_8);
  }

  @Override
  public String toString() {
    return (tls ? "tcp+tls://" : "tcp://") + host + ":" + port;
  }
}
