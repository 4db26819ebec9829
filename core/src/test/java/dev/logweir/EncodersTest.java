package dev.logweir;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random values through the encoders that programs use, each language's own in one process: it gets
 * the values in hexadecimal, a line each, and answers with the name of an encoder and what came of
 * it, in hexadecimal again. Where a language is not installed its test is skipped, but not in CI.
 */
@Timeout(180)
class EncodersTest {
  private static final int VALUES = 60;

  /** The first value: what an encoder makes of it is mostly what it puts around a value. */
  private static final String SHORT = "Zz";

  private static final String CHARACTERS =
      "abcdefghijKLMNOPQR0123456789-_.~!*'()/+=&?%#:;,<>@$^`\"\\|{}[] é€你\uD83D\uDE00";

  @TempDir private Path folder;

  private final List<String> values = values(new Random(Long.getLong("logweir.seed", 42)));

  private static List<String> values(Random random) {
    int[] points = CHARACTERS.codePoints().toArray();
    List<String> values = new ArrayList<>(List.of(SHORT));
    for (int i = 1; i < VALUES; i++) {
      StringBuilder value = new StringBuilder("S");
      for (int j = 8 + random.nextInt(60); j >= 0; j--) {
        value.appendCodePoint(points[random.nextInt(i % 2 == 0 ? 46 : points.length)]);
      }
      values.add(value + "E");
    }
    return values;
  }

  @Test
  void python() throws Exception {
    assertMasked(
        "python3",
        "-c",
        """
        import base64, binascii, html, json, shlex, sys, csv, io
        from urllib.parse import quote, quote_plus
        from xml.sax.saxutils import escape, quoteattr
        def out(name, text):
            data = text if isinstance(text, bytes) else text.encode()
            print(name, binascii.hexlify(data).decode())
        for line in sys.stdin:
            b = binascii.unhexlify(line.strip())
            v = b.decode()
            out("quote", quote(v)); out("quote-safe", quote(v, safe="")); out("plus", quote_plus(v))
            out("quote-twice", quote(quote(v, safe=""), safe=""))
            out("json", json.dumps(v)); out("json-utf8", json.dumps(v, ensure_ascii=False))
            out("json-json", json.dumps(json.dumps({"a": v})))
            out("html", html.escape(v)); out("xml", escape(v)); out("attribute", quoteattr(v))
            out("xml-ascii", v.encode("ascii", "xmlcharrefreplace"))
            out("repr", repr(v)); out("ascii", ascii(v)); out("bytes", repr(b))
            out("backslash", v.encode("ascii", "backslashreplace"))
            out("shlex", shlex.quote(v)); out("hex", binascii.hexlify(b))
            out("sql", "'" + v.replace("'", "''") + "'")
            text = io.StringIO(); csv.writer(text, lineterminator="").writerow([v, "x"])
            out("csv", text.getvalue())
            out("base64", base64.b64encode(b)); out("urlsafe", base64.urlsafe_b64encode(b))
            out("base64-lines", base64.encodebytes(b"user:" + b + b" and more of it" * 5))
            out("utf16", v.encode("utf-16")); out("utf16be", v.encode("utf-16-be"))
            out("utf16-base64", base64.b64encode(("$p='" + v + "'").encode("utf-16-le")))
        """);
  }

  @Test
  void javascript() throws Exception {
    assertMasked(
        "node",
        "-e",
        """
        const out = (name, text) => console.log(name + ' ' + Buffer.from(text).toString('hex'));
        for (const line of require('fs').readFileSync(0, 'utf8').trim().split('\\n')) {
          const b = Buffer.from(line, 'hex'), v = b.toString();
          out('component', encodeURIComponent(v)); out('uri', encodeURI(v));
          out('json', JSON.stringify(v)); out('json-json', JSON.stringify(JSON.stringify([v])));
          out('json-json-json', JSON.stringify(JSON.stringify(JSON.stringify([v]))));
          out('inspect', require('util').inspect(v)); out('hex', b.toString('hex'));
          out('form', new URLSearchParams({ v }).toString());
          const url = new URL('http://host/'); url.password = v; out('password', url.href);
          out('btoa', btoa(String.fromCharCode(...b))); out('base64url', b.toString('base64url'));
          out('basic', Buffer.from('someone:' + v).toString('base64'));
          out('utf16', Buffer.from(v, 'utf16le'));
          out('raw', String.raw`${v}`.replaceAll('`', '\\\\`'));
        }
        """);
  }

  @Test
  void go() throws Exception {
    Path program =
        Files.writeString(
            folder.resolve("encode.go"),
            """
            package main

            import (
            	"bufio"
            	"encoding/base64"
            	"encoding/hex"
            	"encoding/json"
            	"fmt"
            	"html"
            	"net/url"
            	"os"
            	"strconv"
            )

            func out(name, text string) { fmt.Println(name, hex.EncodeToString([]byte(text))) }

            func main() {
            	lines := bufio.NewScanner(os.Stdin)
            	for lines.Scan() {
            		b, _ := hex.DecodeString(lines.Text())
            		v := string(b)
            		out("path", url.PathEscape(v))
            		out("query", url.QueryEscape(v))
            		out("user", url.UserPassword("me", v).String())
            		out("url", (&url.URL{Scheme: "https", User: url.UserPassword("me", v), Host: "h", Path: "/" + v}).String())
            		j, _ := json.Marshal(v)
            		out("json", string(j))
            		jj, _ := json.Marshal(string(j))
            		out("json-json", string(jj))
            		out("quote", strconv.Quote(v))
            		out("quote-ascii", strconv.QuoteToASCII(v))
            		out("html", html.EscapeString(v))
            		out("base64", base64.StdEncoding.EncodeToString(b))
            		out("raw-url", base64.RawURLEncoding.EncodeToString([]byte("k="+v+";")))
            		out("hex", fmt.Sprintf("%X", b))
            	}
            }
            """);
    assertMasked("go", "run", program.toString());
  }

  @Test
  void shell() throws Exception {
    assertMasked(
        "bash",
        "-c",
        """
        export LC_ALL=C.UTF-8
        hex() { od -An -v -tx1 | tr -d ' \\n'; }
        while read -r line; do
          v=$(printf "$(sed 's/../\\\\x&/g' <<<"$line")")
          echo "q $(printf %q "$v" | hex)"
          echo "at-Q $(printf %s "${v@Q}" | hex)"
          echo "trace $( { set -x; : "$v"; } 2>&1 | hex)"
          echo "sed $(printf %s "$v" | sed "s/'/'\\\\\\\\''/g" | hex)"
          echo "base64 $(printf %s "$v" | base64 -w 0 | hex)"
          echo "base64-lines $(printf 'password: %s\\nuser: nobody at all' "$v" | base64 -w 20 | hex)"
          echo "ascii-q $(LC_ALL=C; printf %q "$v" | hex)"
        done
        """);
  }

  @Test
  void java() throws Exception {
    List<String> answers = new ArrayList<>();
    for (String value : values) {
      byte[] bytes = value.getBytes(UTF_8);
      String[] forms = {
        URLEncoder.encode(value, UTF_8),
        new URI("http", "me:" + value, "host", -1, "/" + value, null, null).toASCIIString(),
        Base64.getEncoder().encodeToString(bytes),
        Base64.getUrlEncoder().withoutPadding().encodeToString(("a:" + value).getBytes(UTF_8)),
        Base64.getMimeEncoder().encodeToString(("x".repeat(50) + value).getBytes(UTF_8)),
        HexFormat.of().withUpperCase().formatHex(bytes)
      };
      for (String form : forms) {
        answers.add("java " + HexFormat.of().formatHex(form.getBytes(UTF_8)));
      }
    }
    assertMasked(answers, answers.size() / VALUES);
  }

  private void assertMasked(String... command) throws Exception {
    List<String> answers = run(command);
    assertMasked(answers, answers.size() / VALUES);
  }

  private void assertMasked(List<String> answers, int perValue) {
    assertThat(answers).hasSize(VALUES * perValue).hasSizeGreaterThan(VALUES);
    for (int i = perValue; i < answers.size(); i++) {
      String value = values.get(i / perValue);
      String[] answer = answers.get(i).split(" ", -1);
      String form = new String(HexFormat.of().parseHex(answer[1]), ISO_8859_1);
      SecretMasker masker = SecretMasker.builder().add(value).encoded(true).build();
      ProcessorChain chain = ProcessorChain.of(masker);
      for (String line : form.split("\n", -1)) {
        chain.fragments(false, line.getBytes(ISO_8859_1));
      }
      String left = String.join("", chain.lines()).replace("**********", "");
      String what = answer[0] + " of " + value + ": " + form + " became " + chain.lines();
      assertThat(chain.lines()).as(what).anyMatch(line -> line.contains("**********"));
      // Where a form is cut, what it shares with its neighbours may stay, and a little at a wrap.
      int around = answers.get(i % perValue).split(" ", -1)[1].length() / 2;
      assertThat(left.length()).as(what).isLessThanOrEqualTo(around + 8 + 5 * chain.lines().size());
      for (int at = 0; at + 5 <= value.length(); at++) {
        assertThat(left).as(what).doesNotContain(value.substring(at, at + 5));
      }
    }
  }

  private List<String> run(String... command) throws Exception {
    Process process;
    try {
      process =
          new ProcessBuilder(command).redirectError(folder.resolve("stderr").toFile()).start();
    } catch (IOException missing) {
      if (Boolean.parseBoolean(System.getenv("CI"))) {
        fail(command[0] + " is not installed: its encoders are not tested", missing);
      }
      System.err.println(
          "SKIPPED: " + command[0] + " is not installed: its encoders are not tested");
      assumeTrue(false, command[0] + " is not installed");
      throw missing;
    }
    CompletableFuture<String> output =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return new String(process.getInputStream().readAllBytes(), US_ASCII);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    try (OutputStream in = process.getOutputStream()) {
      for (String value : values) {
        in.write((HexFormat.of().formatHex(value.getBytes(UTF_8)) + "\n").getBytes(US_ASCII));
      }
    }
    String text = output.get(150, TimeUnit.SECONDS);
    assertThat(process.waitFor()).as(Files.readString(folder.resolve("stderr"))).isZero();
    return text.lines().toList();
  }
}
