package dev.logweir.faktory;

import dev.logweir.testkit.TlsIdentity;
import java.nio.file.Path;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** What every sender must do, asked of the one for Faktory over TLS. */
class FaktoryTlsSenderContractTest extends FaktorySenderContractTest {
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

  /** The largest that there are, more than what the systems in between hold of a batch. */
  @Override
  int maxJobBytes() {
    return 16 << 20;
  }
}
