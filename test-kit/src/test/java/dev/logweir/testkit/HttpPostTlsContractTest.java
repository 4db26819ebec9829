package dev.logweir.testkit;

import java.nio.file.Path;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The contract over TLS, kept by the sender-kit's HTTP. */
class HttpPostTlsContractTest extends HttpPostContractTest {
  @TempDir private static Path folder;
  private static SSLContext tls;

  @BeforeAll
  static void makeKeys() throws Exception {
    tls = TlsIdentity.make(folder.resolve("here.p12"), "san=ip:127.0.0.1").context();
  }

  @Override
  protected SSLContext tls() {
    return tls;
  }
}
