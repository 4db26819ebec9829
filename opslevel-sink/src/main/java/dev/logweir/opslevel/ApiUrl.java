package dev.logweir.opslevel;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A URL of http or https, checked. Its text is the URL without a slash at its end.
 *
 * <p>{@link URI} knows no host with an underscore in it, as those of containers have; so host and
 * port are taken from the authority.
 *
 * @param host with brackets, if it is an address of IPv6
 * @param port -1 if none was given
 * @param path percent-encoded, without a slash at its end; may be empty
 */
record ApiUrl(String scheme, String host, int port, String path) {
  private static final Pattern LOOPBACK =
      Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[::1]|\\[0:0:0:0:0:0:0:1]");

  private static final Pattern ODD_SEGMENT =
      Pattern.compile("//|/(\\.|%2e){1,2}(/|$)", Pattern.CASE_INSENSITIVE);

  private static final Pattern AUTHORITY =
      Pattern.compile("(\\[[0-9a-fA-F:.]+]|[\\w-]+(?:\\.[\\w-]+)*\\.?)(?::(\\d*))?");

  /**
   * Returns the URL.
   *
   * @throws IllegalArgumentException if it is none, or has what the base URL of an API has not
   */
  static ApiUrl parse(String name, String text) {
    URI url = uri(name, text);
    if (hasUserInfo(url.getRawAuthority())) {
      throw refused(name, "have no user info", text);
    }
    return of(name, text, url, url.getRawAuthority());
  }

  /** Returns the URL without its user info, which may be there. */
  static ApiUrl parseWithUserInfo(String name, String text) {
    URI url = uri(name, text);
    String authority = url.getRawAuthority();
    return of(
        name,
        text,
        url,
        authority == null ? null : authority.substring(authority.lastIndexOf('@') + 1));
  }

  private static URI uri(String name, String text) {
    URI url;
    try {
      url = new URI(text);
    } catch (URISyntaxException e) {
      // Its text, and so its cause, may hold user info.
      throw new IllegalArgumentException(name + " must be a URL: " + hideSecrets(text));
    }
    String scheme = schemeOf(url);
    if (!scheme.equals("https") && !scheme.equals("http")) {
      throw refused(name, "begin with https:// or http://", text);
    }
    return url;
  }

  private static ApiUrl of(String name, String text, URI url, @Nullable String authority) {
    Matcher parts = AUTHORITY.matcher(authority == null ? "" : authority);
    if (!parts.matches()) {
      throw refused(name, "have a host", text);
    }
    int port = port(parts.group(2));
    if (port == 0 || port > 65_535) {
      throw refused(name, "have a port of 1 to 65535", text);
    }
    if (url.getRawQuery() != null || url.getRawFragment() != null) {
      throw refused(name, "have no query and no fragment", text);
    }
    String path = url.getRawPath();
    int end = path.length();
    while (end > 0 && path.charAt(end - 1) == '/') {
      end--;
    }
    // Two slashes at its beginning would be taken for another host.
    if (ODD_SEGMENT.matcher(path.substring(0, end)).find()) {
      throw refused(name, "have no empty segment and no dots in its path", text);
    }
    String encoded =
        end == 0
            ? ""
            : URI.create("http://x" + path.substring(0, end)).toASCIIString().substring(8);
    return new ApiUrl(schemeOf(url), parts.group(1), port, encoded);
  }

  private static String schemeOf(URI url) {
    return url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
  }

  /** Returns 0 for what is no port. */
  private static int port(@Nullable String digits) {
    if (digits == null) {
      return -1;
    }
    return digits.isEmpty() || digits.length() > 5 ? 0 : Integer.parseInt(digits);
  }

  boolean isEncryptedOrLocal() {
    return isEncrypted() || isLocal();
  }

  boolean isEncrypted() {
    return scheme.equals("https");
  }

  boolean isLocal() {
    return LOOPBACK.matcher(host.toLowerCase(Locale.ROOT)).matches();
  }

  int effectivePort() {
    if (port >= 0) {
      return port;
    }
    return isEncrypted() ? 443 : 80;
  }

  String hostWithoutBrackets() {
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  /** Returns host and port, as they stand in the URL. */
  String authority() {
    return port < 0 ? host : host + ":" + port;
  }

  /** Returns the path of the API's endpoint. */
  String endpointPath() {
    return path.endsWith("/graphql") ? path : path + "/graphql";
  }

  private static boolean hasUserInfo(@Nullable String authority) {
    return authority != null && authority.indexOf('@') >= 0;
  }

  private static IllegalArgumentException refused(String name, String rule, String text) {
    return new IllegalArgumentException(name + " must " + rule + ": " + hideSecrets(text));
  }

  /** Returns the text without what may be a password or a token. */
  static String hideSecrets(String text) {
    int end = 0;
    while (end < text.length() && "?#".indexOf(text.charAt(end)) < 0) {
      end++;
    }
    String hidden = end < text.length() ? text.substring(0, end + 1) + "***" : text;
    int at = hidden.lastIndexOf('@');
    return at < 0 ? hidden : "***" + hidden.substring(at);
  }

  @Override
  public String toString() {
    return scheme + "://" + authority() + path;
  }
}
