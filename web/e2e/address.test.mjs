// Every list and detail is what its address says: it is brought there by hand, and the address alone brings it back in another tab.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { authorize, open, start, until } from "./platform.mjs";

let platform;
let paid;
let entry;
before(async () => {
  platform = await start();
  for (let index = 1; index <= 60; index += 1) {
    const more = index === 60 ? { captureMode: "automatic" } : {};
    paid = await authorize(platform, `seed-${index}`, index * 1000, more);
  }
  await platform.call("POST", "/sim/poison");
  await authorize(platform, "after-poison", 500);
  await until("all is posted", async () => {
    const { body } = await platform.call("GET", "/outbox?limit=1");
    return body.summary.pending === 0 && body.summary.deadLettersOpen !== 0;
  });
  entry = (await platform.call("GET", `/payments/${paid}/ledger`)).body.data[0].id;
});
after(() => platform?.stop());

/** What tells one state of a page from another: its heading, rows, chosen tab, link and filters. */
function looks(page) {
  return page.evaluate(() => {
    const texts = (what) =>
      [...document.querySelectorAll(`main ${what}`)].map((one) => one.textContent.trim());
    return {
      heading: texts("h1"),
      rows: texts("tbody th[scope=row], ul li h2, ol li h2").slice(0, 300),
      chosen: texts("[aria-selected=true], [aria-current=page], [aria-expanded=true]"),
      typed: [...document.querySelectorAll("main :is(input, select)")].map((one) =>
        ["radio", "checkbox"].includes(one.type) ? one.checked : one.value,
      ),
      switched: [...document.querySelectorAll("main [role=switch]")].map((one) => one.ariaChecked),
      dialog: document.querySelector("[role=dialog] h2")?.textContent ?? null,
    };
  });
}

async function settled(page) {
  await page.getByRole("heading", { level: 1 }).or(page.getByRole("dialog")).first().waitFor();
  await page.waitForFunction(() => !document.querySelector("[aria-busy=true]"));
}

const button = (name) => (page) => page.getByRole("button", { name }).first().click();
const tab = (name) => (page) => page.getByRole("tab", { name }).click();
const link = (name) => (page) =>
  page.getByRole("main").getByRole("link", { name, exact: true }).first().click();
const filter = (text) => async (page) => {
  await page.getByLabel("조건", { exact: true }).fill(text);
  await page.keyboard.press("Enter");
};

/** Where somebody begins, what they do there, and what then stands in the address. */
const STATES = () => [
  ["/", (page) => page.getByLabel("브랜드").selectOption({ index: 1 }), /brand=/],
  ["/", (page) => page.getByLabel("정렬").selectOption("high"), /sort=high/],
  ["/", (page) => page.getByRole("navigation").getByRole("link", { name: "태블릿" }).click(), /\/c\/tablet$/],
  [
    "/",
    async (page) => {
      await page.getByRole("searchbox").fill("갤럭시");
      await page.keyboard.press("Enter");
    },
    /\/search\?q=/,
  ],
  [
    "/p/iphone-17-pro",
    (page) => page.getByRole("radio", { name: /512GB/ }).check({ force: true }),
    /option=/,
  ],
  ["/console/payments", link(/^완료 /), /view=view_done$/],
  ["/console/payments", (page) => page.getByLabel("기준 시각").selectOption("updated"), /by=updated$/],
  ["/console/payments?by=updated", link("7일"), /q=updated.*by=updated$/],
  ["/console/payments", filter("amount:2000..30000 status:AUTHORIZED"), /q=amount/],
  ["/console/payments", button("더 보기"), /more=2$/],
  [`/console/payments/${paid}`, button(/^원장$/), /kinds=posted$/],
  [`/console/payments/${paid}`, tab("원장"), /tab=ledger$/],
  [`/console/payments/${paid}`, tab("이벤트"), /tab=events$/],
  [`/console/payments/${paid}`, tab("요청"), /tab=requests$/],
  [`/console/payments/${paid}`, tab("JSON"), /tab=json$/],
  [
    `/console/payments/${paid}`,
    (page) => page.getByRole("button", { name: "환불", exact: true }).click(),
    /act=refund$/,
  ],
  ["/console/ledger", tab("분개"), /tab=journal$/],
  ["/console/ledger?tab=journal", button("더 보기"), /tab=journal&more=2$/],
  ["/console/ledger", (page) => page.getByRole("switch").click(), /owner=true$/],
  [
    "/console/ledger",
    (page) => page.getByRole("link", { name: /^1200/ }).click(),
    /\/accounts\/1200\?currency=KRW$/,
  ],
  [
    "/console/ledger/accounts/2100",
    async (page) => {
      await page.getByRole("textbox", { name: "가맹점" }).fill("M123");
      await page.keyboard.press("Enter");
    },
    /merchant=M123$/,
  ],
  [
    "/console/ledger/trial-balance",
    (page) => page.getByLabel(/기준 시각/).fill("2026-01-01T10:00"),
    /asOf=2026-01-01T10%3A00$/,
  ],
  ["/console/events", tab("실시간"), /tab=live$/],
  ["/console/events", button("더 보기"), /more=2$/],
  ["/console/dead-letters", link(/^보류 /), /state=HELD$/],
  ["/console/dead-letters", button("한꺼번에 처리"), /errorType=schema$/],
  [
    "/console/limits",
    async (page) => {
      await page.getByLabel("가맹점").fill("M123");
      await page.getByLabel("키", { exact: true }).fill("seed-1");
      await page.keyboard.press("Enter");
    },
    /merchant=M123&key=seed-1$/,
  ],
  [
    "/console/audit",
    async (page) => {
      await page.getByLabel("무엇을").selectOption("faults.poison");
      await page.getByRole("button", { name: "찾기" }).click();
    },
    /action=faults\.poison$/,
  ],
  ["/dev/requests", (page) => page.getByLabel("상태").selectOption("404"), /status=404$/],
  ["/dev/requests", (page) => page.getByRole("switch").click(), /reads=true$/],
  ["/dev/requests", button(/^보기: POST \/payments\/authorize/), /open=req_/],
];

/** Pages that are one thing, and are that again. */
const DETAILS = () => [
  `/console/ledger/entries/${entry}`,
  "/console/dead-letters/1",
  "/console",
  "/console/health",
  "/console/operators",
  "/dev",
  "/dev/testing",
  "/cart",
  "/checkout",
  "/orders",
];

test("what was chosen stands in the address, and the address alone brings it back", async () => {
  const { page, context, faults } = await open(platform);
  const wrong = [];
  for (const [begin, act, address] of STATES()) {
    const what = `${begin} → ${address}`;
    await page.goto(platform.base + begin);
    await settled(page);
    const before = await looks(page);
    await act(page);
    await page.waitForURL(address, { timeout: 5000 }).catch(() => {});
    if (!address.test(page.url())) {
      wrong.push(`${what}: the address is ${page.url()}`);
      continue;
    }
    await settled(page);
    const isLive = begin.startsWith("/dev/requests") || address.source.includes("live");
    const steady = ({ rows, ...rest }) => (isLive ? rest : { rows, ...rest });
    await until(`${what}: it looks another way`, async () => {
      return JSON.stringify(await looks(page)) !== JSON.stringify(before);
    });
    // What is read page by page may still be on its way.
    let chosen = await looks(page);
    await until(`${what}: it stands still`, async () => {
      const now = await looks(page);
      const still = JSON.stringify(steady(now)) === JSON.stringify(steady(chosen));
      chosen = now;
      return still;
    });
    const other = await context.newPage();
    await other.goto(page.url());
    await settled(other);
    const same = async () => JSON.stringify(steady(await looks(other))) === JSON.stringify(steady(chosen));
    await until(what, same, 10).catch(async () => {
      wrong.push(`${what}: ${JSON.stringify(await looks(other))} is not ${JSON.stringify(chosen)}`);
    });
    await other.close();
  }
  assert.deepEqual(wrong, []);
  assert.deepEqual(faults, []);
  await context.close();
});

test("every page comes back when it is loaded anew, and Back leads to where one was", async () => {
  const { page, context, faults } = await open(platform);
  for (const path of DETAILS()) {
    await page.goto(platform.base + path);
    await settled(page);
    const { heading } = await looks(page);
    await page.reload();
    await settled(page);
    assert.deepEqual((await looks(page)).heading, heading, path);
    assert.match(await page.title(), /^.+ · SWElite/, path);
  }
  await page.goto(`${platform.base}/console/payments?q=${encodeURIComponent("amount:<5000")}&more=2`);
  await settled(page);
  await page.getByRole("rowheader").getByRole("link").first().click();
  await page.waitForURL(/payments\/\d+$/);
  await page.goBack();
  await page.waitForURL(/amount/);
  await page.getByRole("button", { name: /지우기: amount/ }).waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});
