package dev.logweir.examples;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import java.util.List;

/** What OpsLevel asks of a request before its body. */
final class RequestHead {
  private static final String PATH = "/graphql";

  private RequestHead() {}

  static void check(HttpExchange exchange, String token) throws RefusedException {
    if (!exchange.getRequestURI().toString().equals(PATH)) {
      throw new RefusedException(404, "no such path: " + exchange.getRequestURI());
    }
    if (!exchange.getRequestMethod().equals("POST")) {
      throw new RefusedException(405, "not POST: " + exchange.getRequestMethod());
    }
    Headers headers = exchange.getRequestHeaders();
    if (!only(headers, "Authorization").equals("Bearer " + token)) {
      throw new RefusedException(401, "wrong Authorization");
    }
    String type = only(headers, "Content-Type").replace(" ", "");
    if (!type.equalsIgnoreCase("application/json")
        && !type.equalsIgnoreCase("application/json;charset=utf-8")) {
      throw new RefusedException(415, "not JSON: " + type);
    }
    if (!only(headers, "GraphQL-Visibility").equals("internal")) {
      throw new RefusedException(400, "wrong GraphQL-Visibility");
    }
    if (only(headers, "User-Agent").isBlank()) {
      throw new RefusedException(400, "empty User-Agent");
    }
  }

  private static String only(Headers headers, String name) throws RefusedException {
    List<String> values = headers.getOrDefault(name, List.of());
    if (values.size() != 1) {
      int status = name.equals("Authorization") ? 401 : 400;
      throw new RefusedException(status, values.size() + " headers " + name + " instead of one");
    }
    return values.get(0);
  }
}
