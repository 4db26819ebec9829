package dev.logweir.opslevel;

import dev.logweir.testkit.TlsIdentity;
import java.nio.file.Path;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** What every sender must do, asked of the one for OpsLevel over TLS. */
class OpsLevelTlsSenderContractTest extends OpsLevelSenderContractTest {
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
