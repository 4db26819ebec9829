// Opens the runner's page in a browser while jobs run, and checks what it shows. A failed check ends it.
import assert from "node:assert/strict";
import {spawn} from "node:child_process";
import {chromium} from "playwright-core";

const TIMEOUT = 20_000;
const jar = process.argv[2];
const browser = await chromium.launch({
  executablePath: process.env.BROWSER,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run"],
});

// Runs jobs with options, and hands a page on which they are shown to look.
async function withRun(name, view, options, look) {
  const runner = spawn("java", ["-jar", jar, "--page", ...options], {stdio: ["ignore", "ignore", "pipe"]});
  const exited = new Promise(resolve => runner.on("exit", resolve));
  const complaints = [];
  let text = "";
  try {
    const url = await new Promise((resolve, reject) => {
      runner.stderr.on("data", data => {
        text += data;
        const found = text.match(/shown on (http:\S+)/);
        if (found) resolve(found[1]);
      });
      exited.then(code => reject(new Error("the runner ended with " + code + ": " + text)));
    });
    const page = await browser.newPage(view);
    page.setDefaultTimeout(TIMEOUT);
    page.on("console", message => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", error => complaints.push(String(error)));
    page.on("dialog", dialog => {
      complaints.push("dialog: " + dialog.message());
      dialog.dismiss();
    });
    await page.goto(url);
    await look(page, exited);
    await page.screenshot({path: name + ".png", fullPage: true});
    const width = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert(width[0] <= width[1], name + ": wider than its window: " + width);
    const after = complaints.filter(text => !text.includes("ERR_CONNECTION_REFUSED"));
    assert.deepEqual(after, [], name + ": the browser complained");
    await page.close();
    console.log("page: " + name + ": passed");
  } finally {
    if (runner.exitCode === null) runner.kill("SIGTERM");
    await exited;
  }
}

const desktop = {viewport: {width: 1280, height: 900}, colorScheme: "light"};
const phone = {viewport: {width: 390, height: 844}, colorScheme: "dark"};
const count = (page, selector) => page.locator(selector).count();

// What a job prints is text, whatever it prints; its secret is not there.
const markup = "for i in $(seq 60); do echo \"<img src=x onerror=alert(1)><script>alert(2)</script> hunter2 $i\";"
  + " sleep 0.05; done; sleep 3; exit 3";
await withRun("markup", phone, ["--jobs", "2", "--secret", "hunter2", "--", "bash", "-c", markup], async page => {
  await page.locator("#arrived div", {hasText: "<script>alert(2)</script> ********** 60"}).waitFor();
  assert.equal(await count(page, "script"), 1);
  assert.equal(await count(page, "img"), 0);
  const html = await page.content();
  assert(html.includes("&lt;img src=x") && !html.split("<script>")[0].includes("hunter2"));
  await page.locator("#status", {hasText: "over after"}).waitFor();
  assert.match(await page.locator("tbody tr").first().innerText(), /failed \(3\), complete/);
  assert.match(await page.locator("#account").innerText(), /written, .* arrived, .* held of at most/);
});

// An API that is too slow: gaps in the log are marked, the account at the end says why, and it stays.
await withRun("slow", desktop,
  ["--jobs", "2", "--size", "30M", "--drop", "--delay", "300ms", "--max-size", "16K"], async (page, exited) => {
    await page.locator("#arrived .gap", {hasText: "dropped here: "}).first().waitFor();
    await page.locator("#status", {hasText: "over after"}).waitFor();
    await exited;
    assert.match(await page.locator("#why").innerText(), /of .* bytes are missing: .*_full/);
    assert.match(await page.locator("tbody").innerText(), /done, incomplete/);
    assert.match(await page.locator("#status").innerText(), /over after/);
    assert.equal(await page.locator("#complete").innerText(), "0 of 2");
    await page.locator("button", {hasText: "job 2"}).click();
    await page.locator("#logHead", {hasText: "Log of job 2"}).waitFor();
    await page.locator("#arrived .gap").first().waitFor(); // the runner has gone: the page kept it
  });

// An API that hangs: what is held stays below its bound, and the page goes on.
await withRun("stalled", {...desktop, colorScheme: "dark"},
  ["--jobs", "8", "--size", "8M", "--rate", "4M", "--stall", "--drop", "--flush-timeout", "1s"], async page => {
    await page.waitForFunction(() => /MB/.test(document.getElementById("dropped").textContent));
    const [held, bound] = (await page.locator("#memoryNow").innerText()).match(/[0-9.]+/g).map(Number);
    assert(held > 1 && held < bound, "held " + held + " of " + bound);
    assert(await page.evaluate(() => document.querySelector(".memoryLine").points.length) > 10);
  });

// A hundred jobs, by keyboard.
await withRun("hundred", desktop,
  ["--jobs", "100", "--concurrency", "20", "--size", "300K", "--rate", "3M"], async page => {
    await page.locator("tbody tr").nth(99).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.locator("#logHead", {hasText: "Log of job 3"}).waitFor();
    assert.equal(await page.locator("tbody button[aria-pressed=true]").innerText(), "job 3");
    await page.locator("#arrived div").first().waitFor();
    await page.keyboard.press("End");
    await page.keyboard.press("Enter");
    await page.locator("#logHead", {hasText: "Log of job 100"}).waitFor();
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.id), "follow");
  });

await browser.close();
