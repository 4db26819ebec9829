package dev.logweir.opslevel;

import java.io.IOException;

/** An answer that is not HTTP. Its text quotes nothing of it, since that may quote the token. */
final class HttpFormatException extends IOException {
  private static final long serialVersionUID = 1L;

  HttpFormatException(String what) {
    super(what);
  }
}
