package dev.logweir.opslevel;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The proxy of the environment: first the JDK's selector, and so its properties ({@code
 * https.proxyHost}, {@code http.nonProxyHosts} and so on), then {@code HTTPS_PROXY} or {@code
 * HTTP_PROXY} for the scheme of the URL, {@code ALL_PROXY}, and {@code NO_PROXY}, each in lower
 * case too.
 */
final class ProxySettings {
  private static final Logger log = LoggerFactory.getLogger(OpsLevelClient.class);

  private ProxySettings() {}

  /**
   * Returns the proxy for a server; null if it is reached without one, as the machine itself always
   * is.
   *
   * @throws IllegalArgumentException if a variable holds no URL of a proxy; the text names it
   */
  static @Nullable HttpProxy find(
      ApiUrl server,
      @Nullable ProxySelector selector,
      UnaryOperator<@Nullable String> environment) {
    if (server.isLocal()) {
      return null;
    }
    HttpProxy selected = selected(server, selector);
    if (selected != null) {
      log.info("Requests go through the proxy {}, as the JDK's proxy settings say", selected);
      return selected;
    }
    String name = server.isEncrypted() ? "HTTPS_PROXY" : "HTTP_PROXY";
    String text = variable(name, environment);
    if (text == null) {
      name = "ALL_PROXY";
      text = variable(name, environment);
    }
    if (text == null) {
      return null;
    }
    String exceptions = variable("NO_PROXY", environment);
    if (exceptions != null && isExcepted(server, exceptions)) {
      log.info("Requests go through no proxy, as NO_PROXY says");
      return null;
    }
    HttpProxy proxy = HttpProxy.parse(name, text.contains("://") ? text : "http://" + text);
    log.info("Requests go through the proxy {}, as {} says", proxy, name);
    return proxy;
  }

  private static @Nullable String variable(
      String name, UnaryOperator<@Nullable String> environment) {
    String value = environment.apply(name);
    if (value == null || value.isBlank()) {
      value = environment.apply(name.toLowerCase(Locale.ROOT));
    }
    return value == null || value.isBlank() ? null : value.strip();
  }

  private static @Nullable HttpProxy selected(ApiUrl server, @Nullable ProxySelector selector) {
    if (selector == null) {
      return null;
    }
    List<Proxy> proxies;
    try {
      proxies = selector.select(URI.create(server.scheme() + "://" + server.authority() + "/"));
    } catch (RuntimeException e) {
      log.warn("The JDK's proxy selector failed, and is passed over: {}", e.toString());
      return null;
    }
    for (Proxy proxy : proxies) {
      SocketAddress address = proxy.address();
      if (proxy.type() == Proxy.Type.HTTP && address instanceof InetSocketAddress at) {
        String host = at.getHostString();
        String shown = host.indexOf(':') < 0 ? host : "[" + host + "]";
        return HttpProxy.parse("proxy", "http://" + shown + ":" + at.getPort());
      }
      if (proxy.type() == Proxy.Type.SOCKS) {
        log.warn("A SOCKS proxy of the JDK's settings is not used: only HTTP proxies are");
      }
    }
    return null;
  }

  /** Whether a list excepts a server: by name, by domain, by address, by network, or all. */
  static boolean isExcepted(ApiUrl server, String list) {
    String host = server.hostWithoutBrackets().toLowerCase(Locale.ROOT);
    for (String entry : list.toLowerCase(Locale.ROOT).split("[,\\s]+", -1)) {
      if (entry.equals("*") || matches(host, server.effectivePort(), entry)) {
        return true;
      }
    }
    return false;
  }

  private static boolean matches(String host, int port, String entry) {
    if (entry.indexOf('/') > 0) {
      return isInNetwork(host, entry);
    }
    String name = entry;
    int colon = name.lastIndexOf(':');
    boolean hasPort = colon > 0 && (name.indexOf(':') == colon || name.charAt(colon - 1) == ']');
    if (hasPort) {
      if (!name.substring(colon + 1).equals(Integer.toString(port))) {
        return false;
      }
      name = name.substring(0, colon);
    }
    if (name.startsWith("[") && name.endsWith("]")) {
      name = name.substring(1, name.length() - 1);
    }
    if (name.startsWith("*.")) {
      name = name.substring(1);
    }
    if (name.isEmpty() || name.equals(".")) {
      return false;
    }
    return name.startsWith(".")
        ? host.endsWith(name)
        : host.equals(name) || host.endsWith("." + name);
  }

  /** Only for a host that is an address: no name is looked up here. */
  private static boolean isInNetwork(String host, String network) {
    int slash = network.indexOf('/');
    byte[] address = address(host);
    byte[] base = address(network.substring(0, slash));
    String digits = network.substring(slash + 1);
    if (address == null
        || base == null
        || address.length != base.length
        || !digits.matches("\\d{1,3}")) {
      return false;
    }
    int bits = Integer.parseInt(digits);
    if (bits > base.length * 8) {
      return false;
    }
    for (int i = 0; i < bits; i++) {
      int mask = 0x80 >> i % 8;
      if ((address[i / 8] & mask) != (base[i / 8] & mask)) {
        return false;
      }
    }
    return true;
  }

  private static byte @Nullable [] address(String text) {
    if (!text.matches("\\d{1,3}(\\.\\d{1,3}){3}|[0-9a-f.]*:[0-9a-f:.]*")) {
      return null;
    }
    try {
      return InetAddress.getByName(text).getAddress();
    } catch (UnknownHostException e) {
      return null;
    }
  }
}
