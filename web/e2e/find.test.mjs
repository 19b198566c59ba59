// Finding payments and what happened to them: by which time, how many, which ones; and what one takes along.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { authorize, open, start, until } from "./platform.mjs";

let platform;
before(async () => {
  platform = await start();
});
after(() => platform?.stop());

/** The file a press brings, as text without its mark. */
async function downloaded(page, press) {
  const downloading = page.waitForEvent("download");
  await press();
  const file = await downloading;
  return {
    name: file.suggestedFilename(),
    text: (await readFile(await file.path(), "utf8")).replace(/^\ufeff/, ""),
  };
}

const list = (page) => page.getByRole("region", { name: "결제", exact: true });
/** The numbers of the payments that are listed. */
const listed = (page) => list(page).getByRole("rowheader").allTextContents();
const numbers = (ids) => ids.map(String);

/** A second of Seoul that begins after all that was done before and before all that is done next. */
async function boundary() {
  const begun = Math.floor(Date.now() / 1000);
  await until("another second", () => Math.floor(Date.now() / 1000) > begun);
  return new Date(Date.now() + 9 * 3_600_000).toISOString().slice(0, 19);
}

test("a list says which time it asks about, and asking about the other finds others", async () => {
  const merchantId = "find-times";
  const early = await authorize(platform, "early", 1000, { merchantId });
  const at = await boundary();
  const late = await authorize(platform, "late", 2000, { merchantId });
  await platform.call("POST", `/payments/capture/${early}`, { merchantId });
  const { page, context, faults } = await open(platform);
  const q = encodeURIComponent(`merchant:${merchantId} created:${at}..`);
  await page.goto(`${platform.base}/console/payments?q=${q}`);
  await page.getByText(`${at.replace("T", " ")}부터 만들어진 결제예요`).waitFor();
  await until("the late one", async () => `${await listed(page)}` === `${numbers([late])}`);
  assert.equal(await page.getByRole("columnheader", { name: "변경 시각" }).count(), 0);
  const basis = page.getByLabel("기준 시각");
  await basis.focus();
  await basis.selectOption("updated");
  await page.getByText(`${at.replace("T", " ")}부터 마지막으로 바뀐 결제예요`).waitFor();
  await until("both", async () => `${await listed(page)}` === `${numbers([late, early])}`);
  await page.getByRole("columnheader", { name: "변경 시각" }).waitFor();
  assert.equal(await basis.evaluate((one) => one === document.activeElement), true, "the focus is lost");
  assert.match(page.url(), /by=updated/);
  await page.reload();
  await until("both again", async () => `${await listed(page)}` === `${numbers([late, early])}`);
  assert.equal(await basis.inputValue(), "updated");
  await basis.selectOption("created");
  await until("the late one again", async () => `${await listed(page)}` === `${numbers([late])}`);
  assert.deepEqual(faults, []);
  await context.close();
});

test("days are chosen with the keyboard, and a period that is over has nothing in it", async () => {
  const merchantId = "find-days";
  const id = await authorize(platform, "day", 1000, { merchantId });
  const { page, context, faults } = await open(platform);
  await page.goto(`${platform.base}/console/payments?q=merchant:${merchantId}`);
  const period = page.getByRole("navigation", { name: "기간" });
  await period.getByRole("link", { name: "오늘" }).press("Enter");
  const today = new Date(Date.now() + 9 * 3_600_000).toISOString().slice(0, 10);
  await page.getByText(`${today}에 만들어진 결제예요`).waitFor();
  await until("it is of today", async () => `${await listed(page)}` === `${numbers([id])}`);
  assert.ok(await period.getByRole("link", { name: "오늘" }).getAttribute("aria-current"));
  // The wrong way round, as it happens.
  await page.getByLabel("시작일").fill("2020-01-31");
  await page.getByLabel("끝일").fill("2020-01-01");
  await page.keyboard.press("Enter");
  await page.getByText("2020-01-01부터 2020-01-31까지 만들어진 결제예요").waitFor();
  await page.getByRole("heading", { name: /맞는 .*없어요/ }).waitFor();
  assert.equal(await page.getByLabel("시작일").inputValue(), "2020-01-01");
  await period.getByRole("link", { name: "모든 기간" }).click();
  await until("it is back", async () => `${await listed(page)}` === `${numbers([id])}`);
  assert.deepEqual(faults, []);
  await context.close();
});

test("each view says how many it has under the conditions", async () => {
  const merchantId = "find-counts";
  const of = (key, more = {}) => authorize(platform, key, 1000, { merchantId, ...more });
  for (const key of ["a", "b", "c"]) await of(key);
  await of("d", { captureMode: "automatic" });
  const refused = { merchantId, amount: 5000, currency: "KRW", idempotencyKey: "e" };
  await platform.call("POST", "/payments/authorize", {
    ...refused,
    paymentMethod: { type: "card", token: "tok_decline" },
  });
  const { page, context, faults } = await open(platform);
  await page.goto(`${platform.base}/console/payments?q=merchant:${merchantId}`);
  const view = (name) => page.getByRole("link", { name, exact: true });
  for (const name of ["전체 5", "매입 대기 3", "완료 1", "실패 1", "환불 0", "확인 필요 0"])
    await view(name).waitFor();
  await view("실패 1").click();
  await page.waitForURL(/view=view_failed/);
  await until("one row", async () => (await listed(page)).length === 1);
  await view("전체 5").waitFor();
  await page.goto(`${platform.base}/console/payments?q=merchant:${merchantId}%20amount:<2000`);
  await view("전체 4").waitFor();
  await view("실패 0").waitFor();
  await context.setOffline(true);
  await page.getByText("몇 건인지 읽지 못했어요").waitFor();
  await view("전체 ?").waitFor();
  assert.deepEqual(
    faults.filter((fault) => !fault.includes("ERR_INTERNET_DISCONNECTED")),
    [],
  );
  await context.close();
});

test("rows are chosen with a key, and copied and taken along together", async () => {
  const merchantId = "find-chosen";
  const ids = [];
  for (const key of ["a", "b", "c"]) ids.unshift(await authorize(platform, key, 1500, { merchantId }));
  const { page, context, faults } = await open(platform);
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: platform.base });
  await page.goto(`${platform.base}/console/payments?q=merchant:${merchantId}`);
  await until("three rows", async () => (await listed(page)).length === 3);
  for (const key of ["j", "x", "j", "j", "x"]) await page.keyboard.press(key);
  const bar = page.getByRole("region", { name: "고른 결제" });
  await bar.getByText("2건 골랐어요 · 3,000원").waitFor();
  const [newest, middle, oldest] = ids;
  assert.equal(await page.getByLabel(`결제 ${middle} 고르기`).isChecked(), false);
  await bar.getByRole("button", { name: /^번호 복사/ }).click();
  await until("both numbers are copied", async () => {
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    return copied === `${newest}\n${oldest}`;
  });
  const { name, text } = await downloaded(page, () =>
    bar.getByRole("button", { name: "고른 것만 CSV로" }).click(),
  );
  assert.equal(name, "payments-chosen.csv");
  const rows = text.split("\r\n").map((row) => row.split(",")[0]);
  assert.deepEqual(rows, ["paymentId", String(newest), String(oldest)]);
  const all = page.getByLabel("보이는 결제 모두 고르기");
  assert.equal(await all.evaluate((box) => box.indeterminate), true);
  await all.check();
  await bar.getByText("3건 골랐어요").waitFor();
  // The focus is in a row's box: keys go on.
  await page.getByLabel(`결제 ${oldest} 고르기`).focus();
  await page.keyboard.press("x");
  await bar.getByText("2건 골랐어요").waitFor();
  await page.getByRole("button", { name: /지우기: merchant/ }).click();
  await bar.waitFor({ state: "detached" });
  assert.deepEqual(faults, []);
  await context.close();
});

test("times are those of Seoul, of UTC, or how long ago, wherever they stand", async () => {
  const id = await authorize(platform, "clock", 1000, { merchantId: "find-clock" });
  const { page, context, faults } = await open(platform);
  await page.goto(`${platform.base}/console/payments?q=merchant:find-clock`);
  const time = list(page).locator("tbody time");
  const { createdAt } = (await platform.call("GET", `/payments/${id}`)).body;
  const clock = (hours) => new Date(Date.parse(createdAt) + hours * 3_600_000).toISOString();
  const shown = (iso) => `${iso.slice(5, 10)} ${iso.slice(11, 19)}`;
  await until("Seoul", async () => (await time.textContent()) === shown(clock(9)));
  const zone = page.getByLabel("시간대");
  await zone.selectOption("utc");
  await until("UTC", async () => (await time.textContent()) === shown(clock(0)));
  await zone.selectOption("relative");
  await until("ago", async () => /^(방금|\d+초 전)$/.test(await time.textContent()));
  assert.match(await time.getAttribute("title"), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} KST$/);
  await until("it goes on", async () => /^[2-9]초 전$/.test(await time.textContent()));
  await page.goto(`${platform.base}/console/payments/${id}`);
  await page.getByText(/^\d+일 뒤$/).waitFor();
  assert.equal(await zone.inputValue(), "relative");
  assert.deepEqual(faults, []);
  await context.close();
});

test("a timeline shows the kinds one asks for, and all of it is taken along", async () => {
  const merchantId = "find-story";
  const id = await authorize(platform, "story", 9000, { merchantId });
  await platform.call("POST", `/payments/capture/${id}`, { merchantId });
  await until("it is posted", async () => {
    const { body } = await platform.call("GET", `/payments/${id}/timeline`);
    return body.data.filter(({ kind }) => kind === "posted").length === 2;
  });
  const { page, context, faults } = await open(platform);
  await page.goto(`${platform.base}/console/payments/${id}`);
  const items = page.getByRole("tabpanel").getByRole("listitem");
  await until("all four", async () => (await items.count()) === 4);
  const kinds = page.getByRole("group", { name: "보여 줄 것" });
  await kinds.getByRole("button", { name: "원장" }).press("Enter");
  await page.waitForURL(/kinds=posted$/);
  await until("its entries", async () => (await items.count()) === 2);
  assert.equal(await kinds.getByRole("button", { name: "원장" }).getAttribute("aria-pressed"), "true");
  await kinds.getByRole("button", { name: "간단히" }).click();
  await page.waitForURL(/brief=true$/);
  await until("less of each", async () => (await items.locator("details").count()) === 0);
  await page.reload();
  await until("its entries again", async () => (await items.count()) === 2);
  assert.equal(await items.locator("details").count(), 0);
  await kinds.getByRole("button", { name: "원장" }).click();
  await until("all four again", async () => (await items.count()) === 4);
  await kinds.getByRole("button", { name: "운영자" }).click();
  await page.getByText("고른 것 가운데 일어난 일이 없어요").waitFor();
  await page.getByRole("button", { name: "모두 보기" }).click();
  const { name, text } = await downloaded(page, () => page.keyboard.press("e"));
  assert.equal(name, `payment-${id}-timeline.json`);
  const story = JSON.parse(text);
  assert.deepEqual([story.paymentId, story.complete, story.data.length], [id, true, 4]);
  assert.deepEqual(faults, []);
  await context.close();
});

test("what a payment was asked is listed however often somebody looked at it", async () => {
  const merchantId = "find-looked";
  const id = await authorize(platform, "looked", 9000, { merchantId });
  for (let index = 0; index < 120; index += 1) await platform.call("GET", `/payments/${id}`);
  const { page, context } = await open(platform);
  await page.goto(`${platform.base}/console/payments/${id}?tab=requests`);
  await page.getByRole("rowheader").first().waitFor();
  await page.getByRole("cell", { name: "POST /payments/authorize" }).waitFor();
  assert.equal(await page.getByRole("cell", { name: /^GET / }).count(), 0);
  await context.close();
});

test("dead letters are counted by state; the inbox, the acts and the journal are taken along", async () => {
  await platform.call("POST", "/sim/poison");
  await authorize(platform, "after-poison", 100, { merchantId: "find-dead" });
  const { page, context, faults } = await open(platform);
  await page.goto(`${platform.base}/console/dead-letters`);
  await page.getByRole("heading", { name: "처리하지 못한 이벤트 1건" }).waitFor();
  for (const name of ["전체 1", "열림 1", "보류 0"])
    await page.getByRole("link", { name, exact: true }).waitFor();
  const id = (await platform.call("GET", "/dead-letters")).body.data[0].id;
  await platform.call("POST", `/dead-letters/${id}/hold`, { reason: "나중에" });
  for (const name of ["열림 0", "보류 1"]) await page.getByRole("link", { name, exact: true }).waitFor();
  const file = async (path, name) => {
    await page.goto(platform.base + path);
    await page.getByRole("rowheader").first().waitFor();
    const { name: given, text } = await downloaded(page, () => page.keyboard.press("e"));
    assert.equal(given, name);
    return text.split("\r\n").map((row) => row.split(","));
  };
  const letters = await file("/console/dead-letters?state=HELD", "dead-letters.csv");
  assert.deepEqual([letters.length, letters[1].slice(0, 3)], [2, [String(id), "HELD", "schema"]]);
  const acts = await file("/console/audit?action=dead_letter.hold", "audit.csv");
  assert.deepEqual([acts.length, acts[1][4], acts[1][6]], [2, `dead_letter/${id}`, "나중에"]);
  const [head, ...lines] = await file("/console/ledger?tab=journal", "journal.csv");
  assert.deepEqual([head[0], head.at(-1)], ["entryId", "currency"]);
  assert.ok(lines.length > 0 && lines.every((row) => row.length === head.length));
  assert.deepEqual(faults, []);
  await context.close();
});

test("the list stands still until one asks for what came, and counts only what it may show", async () => {
  const { page, context, faults } = await open(platform);
  const merchantId = "find-fresh";
  const first = await authorize(platform, "first", 1000, { merchantId });
  await page.goto(`${platform.base}/console/payments?q=merchant:${merchantId}`);
  await page.getByText("실시간", { exact: true }).waitFor();
  await until("one row", async () => (await listed(page)).length === 1);
  await authorize(platform, "another's", 1000, { merchantId: "find-others" });
  const second = await authorize(platform, "second", 1000, { merchantId });
  await platform.call("POST", `/payments/capture/${second}`, { merchantId });
  const show = page.getByRole("button", { name: /새로 생기거나 바뀐 결제/ });
  await show.getByText("새로 생기거나 바뀐 결제 1건 보기").waitFor();
  // The capture of the same payment, once it has come too, is not one more.
  await platform.call("POST", `/payments/capture/${first}`, { merchantId });
  await show.getByText("새로 생기거나 바뀐 결제 2건 보기").waitFor();
  assert.deepEqual(await listed(page), numbers([first]));
  await show.click();
  await until("both rows", async () => `${await listed(page)}` === `${numbers([second, first])}`);
  assert.equal(await show.count(), 0);
  assert.deepEqual(faults, []);
  await context.close();
});

test("the palette finds a thing by its id and does what the page can do", async () => {
  const merchantId = "find-palette";
  const id = await authorize(platform, "palette", 1000, { merchantId });
  const { page, context, faults } = await open(platform);
  const dialog = page.getByRole("dialog");
  const type = async (text) => {
    await page.keyboard.press("Control+k");
    await dialog.getByRole("combobox").fill(text);
  };
  await page.goto(`${platform.base}/console`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await type(merchantId);
  await dialog.getByRole("option", { name: `가맹점 ${merchantId}의 결제 찾기` }).waitFor();
  await page.keyboard.press("Enter");
  await until("its payment", async () => `${await listed(page)}` === `${numbers([id])}`);
  await until("it is posted", async () => {
    const { body } = await platform.call("GET", `/payments/${id}/ledger`);
    return body.data[0]?.id;
  });
  const entry = (await platform.call("GET", `/payments/${id}/ledger`)).body.data[0].id;
  await type(entry);
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(`/entries/${entry}$`));
  await type(String(id));
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(`/payments/${id}$`));
  await page.getByRole("button", { name: "매입", exact: true }).waitFor();
  await type("환불");
  assert.equal(
    await dialog.getByRole("option", { name: /^환불/ }).count(),
    0,
    "what cannot be done is offered",
  );
  await dialog.getByRole("combobox").fill("매입");
  await page.keyboard.press("Enter");
  await page.waitForURL(/act=capture$/);
  await dialog.getByRole("button", { name: "매입 실행" }).click();
  await dialog.getByText("매입했어요").waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("conditions are kept under a name, in every tab, until one forgets them", async () => {
  const merchantId = "find-saved";
  const id = await authorize(platform, "saved", 1000, { merchantId });
  const { page, context, faults } = await open(platform);
  await page.goto(`${platform.base}/console/payments?q=merchant:${merchantId}&by=updated&view=view_open`);
  await page.getByRole("button", { name: "이 조건 저장" }).click();
  await page.keyboard.type("우리 가맹점");
  await page.keyboard.press("Enter");
  const views = page.getByRole("navigation", { name: "저장한 보기" });
  await views.getByRole("link", { name: "우리 가맹점" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "이 조건 저장" }).count(), 0);
  const other = await context.newPage();
  await other.goto(`${platform.base}/console/payments`);
  const there = other.getByRole("navigation", { name: "저장한 보기" });
  await there.getByRole("link", { name: "우리 가맹점" }).click();
  await other.waitForURL(/view=view_open/);
  await until("its payment", async () => `${await listed(other)}` === `${numbers([id])}`);
  assert.equal(await other.getByLabel("기준 시각").inputValue(), "updated");
  await there.getByRole("button", { name: "보기 지우기: 우리 가맹점" }).click();
  await views.waitFor({ state: "detached" });
  assert.deepEqual(faults, []);
  await context.close();
});
