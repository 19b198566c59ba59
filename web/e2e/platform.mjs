// Starts the real binary with books of its own, and opens pages of it in the distribution's Chromium.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const binary = process.env.SWELITE_BINARY ?? join(root, "target/debug/swelite");
export const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
export const CHROMIUM_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Waits until `check` gives something true. */
export async function until(what, check, seconds = 30) {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    const value = await check();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`not in ${seconds} s: ${what}`);
}

export async function start(variables = {}) {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "swelite-e2e-"));
  const settings = { SWELITE_DEMO: "on", APP_RATE_LIMIT_AUTHORIZE_CAPACITY: "1000", ...variables };
  const child = spawn(binary, ["up", "--port", String(port), "--data-dir", folder], {
    env: { ...process.env, ...settings },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said = (said + chunk).slice(-8000);
  });
  const base = `http://127.0.0.1:${port}`;
  const ready = () =>
    fetch(`${base}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    );
  await until("the platform is ready", ready).catch((error) => {
    throw new Error(`${error.message}\n${said}`);
  });
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS });
  return {
    base,
    browser,
    /** What it has said to whoever started it. */
    said: () => said,
    /** A call past the pages. */
    async call(method, path, body, more = {}) {
      const headers = { ...(body === undefined ? {} : { "content-type": "application/json" }), ...more };
      const sent = body === undefined ? undefined : JSON.stringify(body);
      const answer = await fetch(base + path, { method, headers, body: sent });
      return { status: answer.status, body: await answer.json(), headers: answer.headers };
    },
    async stop() {
      await browser.close();
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** An authorization of the merchant `M123`, past the pages; its payment's number. */
export async function authorize(platform, key, amount, more = {}) {
  const order = { merchantId: "M123", amount, currency: "KRW", idempotencyKey: key, ...more };
  const { status, body } = await platform.call("POST", "/payments/authorize", order);
  assert.equal(status, 200, JSON.stringify(body));
  return body.paymentId;
}

/** A page that notes everything it must not do: errors in its log, requests to anybody else. */
export async function open(platform, { lang = "ko", theme = "light", width = 1280, height = 900 } = {}) {
  const context = await platform.browser.newContext({
    viewport: { width, height },
    locale: lang === "ko" ? "ko-KR" : "en-US",
    colorScheme: theme,
    reducedMotion: "reduce",
    acceptDownloads: true,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const faults = [];
  const bodies = [];
  page.on("console", (message) => {
    // A refusal the page shows is logged by the browser as well.
    if (message.type() === "error" && !/status of (4|5)\d\d/.test(message.text()))
      faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("request", (request) => {
    const ours = request.url().startsWith(platform.base) || request.url().startsWith("blob:");
    if (!ours) faults.push(`request to ${request.url()}`);
    bodies.push(`${request.url()} ${request.postData() ?? ""}`);
  });
  return { page, context, faults, bodies };
}

/** Puts a thing into the cart and goes to the checkout. */
export async function toCheckout(page, platform, slug = "mug-onki") {
  await page.goto(`${platform.base}/p/${slug}`);
  await page.getByRole("button", { name: "바로 사기" }).click();
  await page.getByRole("button", { name: /결제하기$/ }).waitFor();
}
