// Every page, in both themes and languages: no accessibility fault, no third-party request, nothing in the log, no sideways scroll
// on a small screen.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { open, start } from "./platform.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

let platform;
let paid;
before(async () => {
  platform = await start();
  const order = {
    merchantId: "M123",
    amount: 12_000,
    currency: "KRW",
    idempotencyKey: "look",
    captureMode: "automatic",
  };
  paid = (await platform.call("POST", "/payments/authorize", order)).body.paymentId;
  await platform.call("POST", "/sim/poison");
  await platform.call("POST", "/payments/authorize", { ...order, idempotencyKey: "look-2" });
});
after(() => platform?.stop());

const STORE = [
  "/",
  "/c/tablet",
  "/search?q=없는것",
  "/p/iphone-17-pro",
  "/cart",
  "/checkout",
  "/orders",
  "/orders?show=unpaid",
  "/p/nothing",
  "/orders/none",
  "/nowhere",
];
const CONSOLE = [
  "/console",
  "/console/payments",
  "/console/payments?q=merchant:nobody",
  "/console/payments?q=updated:2026-01-01..&by=updated",
  "/console/payments?q=colour:red",
  "/console/payments/999999",
  "/console/payments/abc",
  "/console/ledger",
  "/console/ledger?tab=journal",
  "/console/ledger/accounts/1200",
  "/console/ledger/trial-balance",
  "/console/events",
  "/console/events?tab=live",
  "/console/dead-letters",
  "/console/dead-letters/1",
  "/console/dead-letters/999",
  "/console/dead-letters?state=DISCARDED",
  "/console/ledger/entries/none",
  "/console/nowhere",
  "/console/limits",
  "/console/health",
  "/console/audit",
  "/console/operators",
  "/console/account",
  "/console/login",
  "/dev",
  "/dev/testing",
  "/dev/requests",
];
/** Pages that the server writes itself. */
const SERVERS = ["/docs?lang=ko", "/docs?lang=en", "/no/such/page"];
/** Pages that repeat what was typed, or say it in both languages. */
const SAYS_BOTH = new Set(["/search?q=없는것", "/nowhere"]);
const payments = () => [
  `/console/payments/${paid}`,
  `/console/payments/${paid}?kinds=posted&brief=true`,
  `/console/payments/${paid}?kinds=attempt`,
  `/console/payments/${paid}?tab=ledger`,
  `/console/payments/${paid}?act=refund`,
  `/console/payments/${paid}?act=capture`,
];

/** Things that open over a page: where, and how. */
const OVERLAYS = [
  ["/", (page) => page.keyboard.press("Shift+L")],
  ["/console", (page) => page.keyboard.press("Control+k")],
  ["/console", (page) => page.keyboard.press("?")],
  ["/console/dead-letters/1", (page) => page.getByRole("button", { name: /^(폐기|Discard)$/ }).click()],
];

/** What the shop has written into the description of what is bought here. */
const BOUGHT = "온기 머그 한 쌍";

/** Korean on an English page, apart from what people typed and the name of the language itself. */
function koreanOn(page) {
  return page.evaluate((bought) => {
    const texts = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const at = walk.currentNode;
      const isData =
        at.parentElement.closest("[lang=ko], script, noscript, style, .prerendered, pre") !== null;
      if (!isData && /[가-힣]/.test(at.data.replace(bought, ""))) texts.push(at.data.trim());
    }
    return texts;
  }, BOUGHT);
}

/** What axe finds on a page, and what it could not decide about contrast. */
async function faultsOf(page) {
  await page.evaluate(axe);
  return page.evaluate(async (tags) => {
    const found = await window.axe.run(document, { runOnly: { type: "tag", values: tags } });
    const short = (rule) => `${rule.id}: ${rule.nodes.map((node) => node.target.join(" ")).join(" | ")}`;
    const undecided = found.incomplete.filter((rule) => rule.id === "color-contrast");
    return [...found.violations, ...undecided].map(short);
  }, TAGS);
}

/** Fonts of ours that a page wants and has not loaded. */
function strangeLetters(page) {
  return page.evaluate(async () => {
    await document.fonts.ready;
    const loaded = [...document.fonts].filter((font) => font.status === "loaded").map((font) => font.family);
    const wanted = ["Pretendard Latin"];
    const isKorean = (node) => node.nodeType === Node.TEXT_NODE && /[가-힣]/.test(node.data);
    const isSeen = (element) => [...element.childNodes].some(isKorean) && element.checkVisibility();
    if ([...document.querySelectorAll("body :not(script, style)")].some(isSeen))
      wanted.push("Pretendard Korean");
    return wanted
      .filter((name) => !loaded.some((family) => family.includes(name)))
      .map((name) => `is not written in ${name}`);
  });
}

/** Puts a thing in the cart and pays for it, so that the pages of an order have something to show. */
async function shop(page) {
  await page.goto(`${platform.base}/p/mug-onki`);
  await page.getByRole("button", { name: /바로 사기|Buy now/ }).click();
  await page.getByRole("button", { name: /결제하기$|^Pay / }).click();
  await page.waitForURL(/flow/);
  await page.getByRole("img", { name: /기장|POSTED/ }).waitFor();
  const flow = new URL(page.url()).pathname;
  await page.goto(`${platform.base}/p/desk-lamp-dan`);
  await page.getByRole("button", { name: /장바구니에 담기|Add to cart/ }).click();
  return [flow, `${flow}?view=table`, flow.replace("/flow", "")];
}

for (const theme of ["light", "dark"]) {
  for (const lang of ["ko", "en"]) {
    test(`every page is in order: ${theme}, ${lang}`, async () => {
      const { page, context, faults } = await open(platform, { theme, lang });
      const orders = await shop(page);
      const found = [];
      for (const path of [...STORE, ...orders, ...CONSOLE, ...payments()]) {
        await page.goto(platform.base + path);
        await page.getByRole("heading", { level: 1 }).or(page.getByRole("dialog")).first().waitFor();
        await page.waitForFunction(() => !document.querySelector("[aria-busy=true]"));
        for (const fault of await faultsOf(page)) found.push(`${path} ${fault}`);
        if (lang === "en" && !SAYS_BOTH.has(path))
          for (const text of await koreanOn(page)) found.push(`${path} is not translated: ${text}`);
      }
      for (const path of SERVERS) {
        await page.goto(platform.base + path);
        for (const fault of await faultsOf(page)) found.push(`${path} ${fault}`);
        for (const fault of await strangeLetters(page)) found.push(`${path} ${fault}`);
      }
      for (const [path, show] of OVERLAYS) {
        await page.goto(platform.base + path);
        await page.getByRole("heading", { level: 1 }).waitFor();
        await show(page);
        await page.getByRole("dialog").waitFor();
        for (const fault of await faultsOf(page)) found.push(`${path}, opened: ${fault}`);
      }
      await page.goto(`${platform.base}/console/payments`);
      await page.getByRole("checkbox").nth(1).check();
      await page.getByLabel(/^(기준 시각|Which time)$/).selectOption("updated");
      await page.getByRole("button", { name: /^(이 조건 저장|Save these conditions)$/ }).click();
      await page.keyboard.type("1");
      await page.keyboard.press("Enter");
      await page.getByRole("navigation", { name: /^(저장한 보기|Saved views)$/ }).waitFor();
      await page.getByRole("region", { name: /^(고른 결제|Chosen payments)$/ }).waitFor();
      for (const fault of await faultsOf(page)) found.push(`chosen payments: ${fault}`);
      assert.deepEqual(found, []);
      assert.deepEqual(faults, []);
      await context.close();
    });
  }
}

test("the home page can be read before any script has come", async () => {
  const context = await platform.browser.newContext({ javaScriptEnabled: false, locale: "ko-KR" });
  const page = await context.newPage();
  await page.goto(platform.base);
  await page.getByRole("heading", { level: 1, name: "없는 물건을 사 보세요" }).waitFor();
  assert.equal(await page.getByRole("link", { name: "아이폰 17 프로" }).count(), 1);
  assert.equal(await page.getByText("1,690,000원").count(), 1);
  assert.equal(await page.getByText("iPhone 17 Pro", { exact: true }).isVisible(), false);
  await context.close();
});

test("the home page comes to life where it stands, with what this browser knows", async () => {
  const { page, context, faults } = await open(platform, { theme: "dark", lang: "en" });
  await page.goto(`${platform.base}/p/mug-onki`);
  await page.getByRole("button", { name: "Add to cart" }).click();
  await page.addInitScript(() => {
    const look = new MutationObserver(() => {
      window.firstTitle ??= document.querySelector('.prerendered[lang="en"] h1');
    });
    look.observe(document, { childList: true, subtree: true });
  });
  await page.goto(platform.base);
  // What only the application knows: the cart, and that it is dark.
  await page.getByRole("link", { name: /^Cart ?1$/ }).waitFor();
  await page.getByRole("button", { name: "Light", exact: true }).waitFor();
  const kept = await page.evaluate(() => window.firstTitle === document.querySelector("h1"));
  assert.equal(kept, true, "the page was drawn anew");
  assert.equal(await page.getByRole("heading", { level: 1 }).count(), 1);
  await page.getByRole("button", { name: /한국어/ }).click();
  await page.getByRole("heading", { level: 1, name: "없는 물건을 사 보세요" }).waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

/** How far a page may jump while it is read: half of what browsers still call good. */
const SHIFT_MAX = 0.05;

/** Notes on every page that is opened from now on by how much it has jumped. */
function noteShifts(page) {
  return page.addInitScript(() => {
    window.shifted = 0;
    new PerformanceObserver((list) => {
      for (const shift of list.getEntries()) if (!shift.hadRecentInput) window.shifted += shift.value;
    }).observe({ type: "layout-shift", buffered: true });
  });
}

for (const [width, height] of [
  [320, 640],
  [1280, 900],
]) {
  test(`nothing scrolls sideways and nothing jumps at ${width} px`, async () => {
    const { page, context } = await open(platform, { width, height });
    const orders = await shop(page);
    await noteShifts(page);
    const wrong = [];
    for (const path of [...STORE, ...orders, ...CONSOLE, ...payments(), ...SERVERS]) {
      await page.goto(platform.base + path);
      await page.getByRole("heading", { level: 1 }).or(page.getByRole("dialog")).first().waitFor();
      await page.waitForFunction(() => !document.querySelector("[aria-busy=true]"));
      const [over, shifted] = await page.evaluate(async () => {
        await document.fonts.ready;
        await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
        return [document.documentElement.scrollWidth - window.innerWidth, window.shifted];
      });
      if (over > 0) wrong.push(`${path} +${over}px`);
      if (shifted > SHIFT_MAX) wrong.push(`${path} jumped by ${shifted.toFixed(3)}`);
    }
    assert.deepEqual(wrong, []);
    await context.close();
  });
}
