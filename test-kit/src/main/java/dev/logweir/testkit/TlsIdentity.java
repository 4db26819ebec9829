package dev.logweir.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.Objects;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A key and a certificate for it, signed by itself, made by the {@code keytool} of the JDK for one
 * test run. Immutable.
 *
 * <pre>{@code
 * TlsIdentity here = TlsIdentity.make(folder.resolve("here.p12"), "san=ip:127.0.0.1");
 * server.setSSLContext(here.context());
 * }</pre>
 */
public final class TlsIdentity {
  /** The password of the store. */
  public static final String PASSWORD = "changeit";

  private static final String ALIAS = "key";
  private static final String STORE_TYPE = "PKCS12";

  private final KeyStore keys;
  private final SSLContext context;

  private TlsIdentity(KeyStore keys, SSLContext context) {
    this.keys = keys;
    this.context = context;
  }

  /**
   * Makes an identity.
   *
   * @param store the file to make, of type PKCS12
   * @param names what the certificate is for, such as {@code san=ip:127.0.0.1} or {@code
   *     san=dns:other.example}
   * @throws NullPointerException if an argument is null
   * @throws IOException if {@code keytool} fails, such as for a file that exists
   * @throws InterruptedException if the thread is interrupted
   */
  public static TlsIdentity make(Path store, String names)
      throws IOException, InterruptedException {
    Objects.requireNonNull(names, "names");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                ALIAS,
                "-keyalg",
                "EC",
                "-dname",
                "CN=test",
                "-ext",
                names,
                "-storetype",
                STORE_TYPE,
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD)
            .redirectErrorStream(true)
            .start();
    keytool.getOutputStream().close();
    String said = new String(keytool.getInputStream().readAllBytes(), UTF_8);
    if (keytool.waitFor() != 0) {
      throw new IOException("keytool: " + said.strip());
    }
    try (InputStream in = Files.newInputStream(store)) {
      KeyStore keys = KeyStore.getInstance(STORE_TYPE);
      keys.load(in, PASSWORD.toCharArray());
      return new TlsIdentity(keys, context(keys));
    } catch (GeneralSecurityException e) {
      throw new IOException("the store cannot be read", e);
    }
  }

  private static SSLContext context(KeyStore keys) throws GeneralSecurityException, IOException {
    KeyManagerFactory its = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    its.init(keys, PASSWORD.toCharArray());
    KeyStore trusted = KeyStore.getInstance(STORE_TYPE);
    trusted.load(null, null);
    trusted.setCertificateEntry(ALIAS, keys.getCertificate(ALIAS));
    TrustManagerFactory trusts =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trusts.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(its.getKeyManagers(), trusts.getTrustManagers(), null);
    return context;
  }

  /** Returns a context that has the key, and trusts the certificate and no other. */
  public SSLContext context() {
    return context;
  }

  /** Returns the private key as PEM. */
  public String keyPem() {
    try {
      return pem("PRIVATE KEY", keys.getKey(ALIAS, PASSWORD.toCharArray()).getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the key cannot be read", e);
    }
  }

  /** Returns the certificate as PEM. */
  public String certificatePem() {
    try {
      return pem("CERTIFICATE", keys.getCertificate(ALIAS).getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the certificate cannot be read", e);
    }
  }

  private static String pem(String kind, byte[] content) {
    return "-----BEGIN %s-----%n%s%n-----END %s-----%n"
        .formatted(
            kind, Base64.getMimeEncoder(64, "\n".getBytes(UTF_8)).encodeToString(content), kind);
  }
}
