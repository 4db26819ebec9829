package dev.logweir.opslevel;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP proxy, and the header by which it lets a request through. Its text has no password.
 *
 * @param url the address alone
 * @param header empty, or a line of a head with its end
 */
record HttpProxy(ApiUrl url, String header) {
  /**
   * Returns the proxy of a URL, such as {@code http://user:password@proxy:3128}, in which user and
   * password may be percent-encoded.
   *
   * @throws IllegalArgumentException if it is none
   */
  static HttpProxy parse(String name, String text) {
    ApiUrl url = ApiUrl.parseWithUserInfo(name, text);
    if (!url.path().isEmpty()) {
      throw new IllegalArgumentException(name + " must have no path: " + ApiUrl.hideSecrets(text));
    }
    return new HttpProxy(url, header(userInfo(text)));
  }

  private static @Nullable String userInfo(String text) {
    String authority = URI.create(text).getAuthority();
    int at = authority == null ? -1 : authority.lastIndexOf('@');
    return at < 0 ? null : authority.substring(0, at);
  }

  private static String header(@Nullable String userInfo) {
    if (userInfo == null || userInfo.isEmpty()) {
      return "";
    }
    String pair = userInfo.indexOf(':') < 0 ? userInfo + ":" : userInfo;
    return "Proxy-Authorization: Basic "
        + Base64.getEncoder().encodeToString(pair.getBytes(UTF_8))
        + "\r\n";
  }

  @Override
  public String toString() {
    return url.toString();
  }
}
