// How fast the pages are, on a quiet machine (`npm run speed`): a measurement, not a test.
//
// How long the store's home page takes to show its largest element, first visit, on slow 4G with a CPU a quarter as fast: the
// median of several runs. And how the console answers while 500 events a second pass by in its live tail.
import { chromium } from "playwright-core";
import { CHROMIUM_FLAGS, executablePath, start } from "../e2e/platform.mjs";

const RUNS = 7;
const BUDGET_MS = 1500;
const CPU_SLOWDOWN = 4;
/** What Chrome's own tools call slow 4G. */
const SLOW_4G = { offline: false, latency: 562.5, downloadThroughput: 180_000, uploadThroughput: 84_375 };

/** One first visit in a browser that has seen nothing. */
async function visit(base, path) {
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS });
  const page = await browser.newPage({ viewport: { width: 412, height: 823 }, locale: "ko-KR" });
  const tools = await page.context().newCDPSession(page);
  await tools.send("Network.enable");
  await tools.send("Network.emulateNetworkConditions", SLOW_4G);
  await tools.send("Emulation.setCPUThrottlingRate", { rate: CPU_SLOWDOWN });
  await page.addInitScript(() => {
    window.seen = { lcp: 0, what: "", shift: 0 };
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        window.seen.lcp = entry.startTime;
        window.seen.what = `${entry.element?.tagName ?? ""} ${entry.element?.textContent?.slice(0, 30) ?? ""}`;
      }
    }).observe({ type: "largest-contentful-paint", buffered: true });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.seen.shift += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  await page.goto(base + path);
  // The page is alive when the cart's button is React's.
  await page.waitForFunction(() => !document.querySelector(".prerendered") && document.querySelector("h2 a"));
  await page.waitForLoadState("networkidle");
  const seen = await page.evaluate(() => ({ ...window.seen, alive: performance.now() }));
  await browser.close();
  return seen;
}

const EVENTS_A_SECOND = 500;
/** Calls that may be unanswered at a time; a server that cannot keep up makes fewer events, and the rate says so. */
const WAITING_MAX = 64;
const WATCH_SECONDS = 15;
/** What people call immediate. */
const ANSWER_MS = 200;

/** Makes events as fast as is wanted, by payments, until it is told to stop; how many it made. */
async function makeEvents(base, until) {
  let made = 0;
  let waiting = 0;
  const begun = performance.now();
  const one = async (index) => {
    const order = { merchantId: "M123", amount: 1000, currency: "KRW", idempotencyKey: `speed-${index}` };
    const answer = await fetch(`${base}/payments/authorize`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(order),
    });
    await answer.arrayBuffer();
    if (answer.ok) made += 1;
  };
  for (let asked = 0; !until.done; ) {
    const due = Math.floor(((performance.now() - begun) / 1000) * EVENTS_A_SECOND);
    while (asked < due && waiting < WAITING_MAX) {
      waiting += 1;
      void one(asked)
        .catch(() => {})
        .finally(() => {
          waiting -= 1;
        });
      asked += 1;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return made / ((performance.now() - begun) / 1000);
}

/** Watches the live tail under load and presses a button again and again. */
async function watch(platform) {
  const page = await platform.browser.newPage({ viewport: { width: 1280, height: 900 }, locale: "ko-KR" });
  await page.addInitScript(() => {
    window.seen = { long: [], answers: [] };
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.seen.long.push(entry.duration);
    }).observe({ type: "longtask", buffered: true });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries())
        if (entry.interactionId) window.seen.answers.push(entry.duration);
    }).observe({ type: "event", buffered: true, durationThreshold: 16 });
  });
  await page.goto(`${platform.base}/console/events?tab=live`);
  const until = { done: false };
  const making = makeEvents(platform.base, until);
  await page.getByRole("listitem").filter({ hasText: "payment.authorized" }).first().waitFor();
  const end = Date.now() + WATCH_SECONDS * 1000;
  while (Date.now() < end) {
    await page.getByRole("button", { name: /밝게|어둡게/ }).click();
    await page.waitForTimeout(400);
  }
  const shown = await page.getByRole("listitem").filter({ hasText: "payment." }).count();
  const seen = await page.evaluate(() => window.seen);
  until.done = true;
  return { rate: await making, shown, ...seen };
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

const platform = await start({ SWELITE_RATE_LIMITS: "off" });
try {
  const runs = [];
  for (let run = 0; run < RUNS; run += 1) runs.push(await visit(platform.base, "/"));
  for (const { lcp, what, shift } of runs) {
    console.log(`  ${Math.round(lcp)} ms, shift ${shift.toFixed(3)} · ${what.trim()}`);
  }
  const lcp = Math.round(median(runs.map((run) => run.lcp)));
  console.log(`largest contentful paint: median ${lcp} ms of ${RUNS} first visits, budget ${BUDGET_MS} ms`);
  const { rate, shown, long, answers } = await watch(platform);
  const worst = Math.round(Math.max(0, ...answers));
  const longest = Math.round(Math.max(0, ...long));
  console.log(
    `live tail: ${Math.round(rate)} events/s for ${WATCH_SECONDS} s, ${shown} rows shown; a press is answered in at most ${worst} ms ` +
      `(of ${ANSWER_MS}), longest task ${longest} ms, ${long.length} over 50 ms`,
  );
  if (lcp > BUDGET_MS || worst > ANSWER_MS) process.exitCode = 1;
} finally {
  await platform.stop();
}
