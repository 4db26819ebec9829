package dev.logweir.opslevel;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The checks of a base URL. */
final class ApiUrl {
  private static final Pattern LOOPBACK =
      Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[::1]|\\[0:0:0:0:0:0:0:1]");

  private static final Pattern ODD_SEGMENT =
      Pattern.compile("//|/(\\.|%2e){1,2}(/|$)", Pattern.CASE_INSENSITIVE);

  private ApiUrl() {}

  /**
   * Returns the URL without a slash at its end.
   *
   * @throws IllegalArgumentException if it is none, or has what the base URL of an API has not
   */
  static URI parse(String name, String text) {
    URI url;
    try {
      url = new URI(text);
    } catch (URISyntaxException e) {
      // Its text, and so its cause, may hold user info.
      throw new IllegalArgumentException(name + " must be a URL: " + hideSecrets(text));
    }
    String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
    if (!scheme.equals("https") && !scheme.equals("http")) {
      throw refused(name, "begin with https:// or http://", text);
    }
    if (url.getRawUserInfo() != null || hasUserInfo(url.getRawAuthority())) {
      throw refused(name, "have no user info", text);
    }
    if (url.getHost() == null) {
      throw refused(name, "have a host", text);
    }
    if (url.getPort() == 0 || url.getPort() > 65_535) {
      throw refused(name, "have a port of 1 to 65535", text);
    }
    if (url.getRawQuery() != null || url.getRawFragment() != null) {
      throw refused(name, "have no query and no fragment", text);
    }
    if (url.getRawAuthority().endsWith(":")) {
      throw refused(name, "have a port of 1 to 65535", text);
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
    return URI.create(scheme + "://" + url.getRawAuthority() + path.substring(0, end));
  }

  static boolean isEncryptedOrLocal(URI url) {
    return isEncrypted(url) || isLocal(url);
  }

  static boolean isEncrypted(URI url) {
    return url.getScheme().equals("https");
  }

  static boolean isLocal(URI url) {
    return LOOPBACK.matcher(url.getHost().toLowerCase(Locale.ROOT)).matches();
  }

  private static boolean hasUserInfo(@Nullable String authority) {
    return authority != null && authority.indexOf('@') >= 0;
  }

  private static IllegalArgumentException refused(String name, String rule, String text) {
    return new IllegalArgumentException(name + " must " + rule + ": " + hideSecrets(text));
  }

  /** Returns the text without what may be a password or a token. */
  private static String hideSecrets(String text) {
    int end = 0;
    while (end < text.length() && "?#".indexOf(text.charAt(end)) < 0) {
      end++;
    }
    String hidden = end < text.length() ? text.substring(0, end + 1) + "***" : text;
    int at = hidden.lastIndexOf('@');
    return at < 0 ? hidden : "***" + hidden.substring(at);
  }
}
