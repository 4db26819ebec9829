package dev.logweir.faktory;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.logweir.sender.AttemptException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the server, agrees with it on TLS, and says hello. Thread-safe. */
final class Dialer {
  static final int PROTOCOL_VERSION = 2;

  /** Usual are up to 8,100; this many take some 30 ms. */
  static final int MAX_ITERATIONS = 100_000;

  private static final Logger log = LoggerFactory.getLogger(FaktoryClient.class);

  private final FaktoryUrl server;
  private final @Nullable SSLContext tls;
  private final AtomicBoolean warnedOfVersion = new AtomicBoolean();

  /**
   * Creates a dialer.
   *
   * @param tls null only if the server's URL is without TLS
   */
  Dialer(FaktoryUrl server, @Nullable SSLContext tls) {
    this.server = server;
    this.tls = tls;
  }

  FaktoryUrl server() {
    return server;
  }

  /** Returns the addresses of the server's host. Only this step has no deadline. */
  InetSocketAddress[] addresses() throws IOException {
    return Arrays.stream(InetAddress.getAllByName(server.host()))
        .map(address -> new InetSocketAddress(address, server.port()))
        .toArray(InetSocketAddress[]::new);
  }

  boolean isTls() {
    return server.tls();
  }

  /** Shakes hands; the host's name must be in the server's certificate. */
  SSLSocket secure(Wire wire) throws IOException {
    String host = server.host().replaceAll("[\\[\\]]", "");
    SSLSocket socket =
        (SSLSocket)
            Objects.requireNonNull(tls)
                .getSocketFactory()
                .createSocket(new WireSocket(wire), host, server.port(), true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    parameters.setProtocols(
        Arrays.stream(parameters.getProtocols())
            .filter(protocol -> protocol.equals("TLSv1.2") || protocol.equals("TLSv1.3"))
            .toArray(String[]::new));
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    return socket;
  }

  /**
   * Returns the answer to the server's greeting.
   *
   * @throws AttemptException if it is an error, or wants a password and there is none
   */
  byte[] hello(Reply greeting) throws IOException, AttemptException {
    if (greeting.kind() == Reply.Kind.ERROR) {
      throw ReplyError.of(greeting, server.password());
    }
    String text = greeting.text();
    if (greeting.kind() != Reply.Kind.STATUS || text == null || !text.startsWith("HI ")) {
      throw new ProtocolException("the server does not greet as Faktory does");
    }
    Hi hi = Hi.parse(text.substring("HI ".length()));
    if (hi.version != PROTOCOL_VERSION && warnedOfVersion.compareAndSet(false, true)) {
      log.warn(
          "the server at {} speaks version {} of the protocol, not {}",
          server,
          hi.version,
          PROTOCOL_VERSION);
    }
    ByteArrayOutputStream hello = new ByteArrayOutputStream(256);
    try (JsonGenerator json = JobWriter.JSON.createGenerator(hello)) {
      json.writeStartObject();
      json.writeStringField("hostname", HostName.get());
      if (!server.user().isEmpty()) {
        json.writeStringField("username", server.user());
      }
      json.writeNumberField("pid", ProcessHandle.current().pid());
      json.writeArrayFieldStart("labels");
      json.writeString("logweir");
      json.writeEndArray();
      json.writeNumberField("v", PROTOCOL_VERSION);
      if (hi.salt != null) {
        json.writeStringField("pwdhash", hash(hi.salt, hi.iterations));
      }
      json.writeEndObject();
    }
    return hello.toByteArray();
  }

  private String hash(String salt, int iterations) throws IOException, AttemptException {
    String password = server.password();
    if (password.isEmpty()) {
      throw new AttemptException(
          PushResult.UNAUTHORIZED,
          "the server wants a password, and none is set: see FAKTORY_URL",
          null);
    }
    if (iterations < 1 || iterations > MAX_ITERATIONS) {
      throw new ProtocolException(
          "iterations must be from 1 to " + MAX_ITERATIONS + ": " + iterations);
    }
    return PasswordHash.of(password, salt, iterations);
  }

  /** What a greeting says. */
  private static final class Hi {
    private int version;
    private int iterations = 1;
    private @Nullable String salt;

    static Hi parse(String text) throws IOException {
      Hi hi = new Hi();
      try (JsonParser json = JobWriter.JSON.createParser(text)) {
        if (json.nextToken() != JsonToken.START_OBJECT) {
          throw new ProtocolException("the server's greeting is no object");
        }
        while (json.nextToken() == JsonToken.FIELD_NAME) {
          String name = json.currentName();
          JsonToken value = json.nextToken();
          switch (name) {
            case "v" -> hi.version = number(json, value);
            case "i" -> hi.iterations = number(json, value);
            case "s" -> {
              if (value != JsonToken.VALUE_STRING) {
                throw new ProtocolException("the salt of the server's greeting is no string");
              }
              hi.salt = json.getText();
            }
            default -> json.skipChildren();
          }
        }
        if (json.currentToken() != JsonToken.END_OBJECT || json.nextToken() != null) {
          throw new ProtocolException("the server's greeting does not end with its object");
        }
      } catch (JsonProcessingException e) {
        ProtocolException malformed = new ProtocolException("the server's greeting is not JSON");
        malformed.initCause(e);
        throw malformed;
      }
      return hi;
    }

    private static int number(JsonParser json, @Nullable JsonToken value) throws IOException {
      if (value != JsonToken.VALUE_NUMBER_INT) {
        throw new ProtocolException("a number of the server's greeting is none");
      }
      return json.getIntValue();
    }
  }
}
