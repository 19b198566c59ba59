// The console: find, act, prove, in a real browser on the real binary.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { authorize, open, start, until } from "./platform.mjs";

let platform;
before(async () => {
  platform = await start();
  for (let index = 1; index <= 6; index += 1) await authorize(platform, `seed-${index}`, index * 1000);
});
after(() => platform?.stop());

const payment = async (id) => (await platform.call("GET", `/payments/${id}`)).body;

test("a payment is captured and refunded as it was previewed", async () => {
  const id = await authorize(platform, "act-1", 10_000);
  const { page, context, faults } = await open(platform);
  await page.goto(`${platform.base}/console/payments/${id}`);
  await page.getByRole("button", { name: "매입", exact: true }).click();
  const panel = page.getByRole("dialog");
  await panel.getByLabel(/금액/).fill("4000");
  await panel.getByRole("row", { name: /매입사 미수금.*4,000/ }).waitFor();
  await panel.getByRole("button", { name: "매입 실행" }).click();
  await panel.getByText("매입했어요").waitFor();
  assert.equal((await payment(id)).capturedAmount, 4000);
  await page.keyboard.press("Escape");
  await page.getByRole("tab", { name: "원장" }).click();
  await page.getByText("차변 합 = 대변 합 4,000").waitFor();
  await page.getByRole("button", { name: "환불", exact: true }).click();
  await panel.getByRole("button", { name: "환불 실행" }).click();
  await panel.getByText("이유를 적어 주세요").waitFor();
  await panel.getByLabel(/이유/).fill("시험 환불");
  await panel.getByRole("button", { name: "환불 실행" }).click();
  await panel.getByText("환불했어요").waitFor();
  await panel.getByRole("button", { name: "환불 실행" }).waitFor();
  assert.equal((await payment(id)).status, "REFUNDED");
  assert.deepEqual(faults, []);
  await context.close();
});

test("the keyboard alone finds a payment, captures and refunds it", async () => {
  const id = await authorize(platform, "act-keys", 7000);
  const { page, context, faults } = await open(platform);
  await page.goto(`${platform.base}/console`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog").getByRole("combobox").waitFor();
  await until("one can type", () =>
    page.evaluate(() => Boolean(document.activeElement?.matches("[role=dialog] input"))),
  );
  await page.keyboard.type(String(id));
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(`/console/payments/${id}$`));
  const press = async (keys, words) => {
    // The heading is there before the payment is; what can be done with it comes with it.
    await page.getByRole("button", { name: words, exact: true }).waitFor();
    for (const key of keys) await page.keyboard.press(key);
    const panel = page.getByRole("dialog");
    await panel.waitFor();
    const button = panel.getByRole("button", { name: `${words} 실행` });
    const reason = panel.getByLabel(/이유/);
    const isAt = (one) => one.evaluate((element) => element === document.activeElement);
    for (let tabs = 0; tabs < 12 && !(await isAt(button)); tabs += 1) {
      await page.keyboard.press("Tab");
      if ((await reason.count()) > 0 && (await isAt(reason))) await page.keyboard.type("단순 변심");
    }
    await page.keyboard.press("Enter");
    await panel.getByText(`${words}했어요`).waitFor();
    await page.keyboard.press("Escape");
    await panel.waitFor({ state: "detached" });
  };
  await press(["g", "c"], "매입");
  assert.equal((await payment(id)).status, "CAPTURED");
  await press(["g", "r"], "환불");
  assert.equal((await payment(id)).status, "REFUNDED");
  await page.keyboard.press("/");
  await page.waitForURL(/\/console\/payments$/);
  await page.getByRole("table").waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/console\/payments\/\d+$/);
  assert.deepEqual(faults, []);
  await context.close();
});

test("the focus comes back from an act to what began it, or to the page's heading", async () => {
  const id = await authorize(platform, "act-focus", 7000);
  const { page, context, faults } = await open(platform);
  const panel = page.getByRole("dialog");
  const close = async () => {
    await page.keyboard.press("Escape");
    await panel.waitFor({ state: "detached" });
  };
  const isAt = (what, find) => until(what, () => page.evaluate(find).then((text) => text === what));
  await page.goto(`${platform.base}/console/payments/${id}?act=capture`);
  await panel.waitFor();
  await close();
  await isAt("H1", () => document.activeElement.tagName);
  await page.getByRole("button", { name: "매입", exact: true }).click();
  await panel.waitFor();
  await close();
  await isAt("매입", () => document.activeElement.textContent);
  await page.keyboard.press("Enter");
  await panel.waitFor();
  await close();
  await isAt("매입", () => document.activeElement.textContent);
  assert.deepEqual(faults, []);
  await context.close();
});

test("the same key again does nothing new and says so", async () => {
  const id = await authorize(platform, "act-2", 10_000);
  const { page, context } = await open(platform);
  await page.goto(`${platform.base}/console/payments/${id}`);
  await page.getByRole("button", { name: "매입", exact: true }).click();
  const panel = page.getByRole("dialog");
  await panel.getByLabel(/금액/).fill("3000");
  const body = {
    merchantId: "M123",
    amount: 3000,
    final: true,
    idempotencyKey: await panel.getByLabel("멱등 키").inputValue(),
  };
  await platform.call("POST", `/payments/capture/${id}`, body);
  await panel.getByRole("button", { name: "매입 실행" }).click();
  await panel.getByText("같은 멱등 키라서").waitFor();
  assert.equal((await payment(id)).capturedAmount, 3000);
  await context.close();
});

test("a button that cannot be pressed says why", async () => {
  const id = await authorize(platform, "act-3", 10_000, { captureMode: "automatic" });
  const { page, context } = await open(platform);
  await page.goto(`${platform.base}/console/payments/${id}`);
  const capture = page.getByRole("button", { name: "매입", exact: true });
  assert.equal(await capture.getAttribute("aria-disabled"), "true");
  assert.equal(await capture.getAttribute("title"), "매입할 금액이 없어요.");
  await capture.focus();
  await page.keyboard.press("Enter");
  await until("who presses it can read why", () =>
    page
      .getByText("매입할 금액이 없어요.")
      .boundingBox()
      .then((box) => box.width > 20 && box.height > 10),
  );
  await context.close();
});

test("the file is what the filter shows", async () => {
  const { page, context } = await open(platform);
  await page.goto(
    `${platform.base}/console/payments?q=${encodeURIComponent("amount:2000..4000 status:AUTHORIZED")}`,
  );
  const rows = page.getByRole("table").getByRole("row");
  await until("three payments are shown", async () => (await rows.count()) === 4);
  const shown = await page.getByRole("rowheader").allInnerTexts();
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "CSV 내려받기" }).click();
  const file = await (await downloading).path();
  const lines = (await readFile(file, "utf8")).replace("\ufeff", "").split("\r\n");
  assert.equal(lines[0].split(",")[0], "paymentId");
  assert.deepEqual(
    lines.slice(1).map((line) => line.split(",")[0]),
    shown,
  );
  await page.reload();
  await until("the address brings the filter back", async () => (await rows.count()) === 4);
  await page.getByRole("button", { name: /지우기: amount/ }).click();
  await until("more are shown", async () => (await rows.count()) > 4);
  await context.close();
});

test("a statement runs back to nothing, and its file is what its filter shows", async () => {
  const { page, context, faults } = await open(platform);
  const amounts = [700, 1100, 1900];
  const ids = [];
  for (const [index, amount] of amounts.entries()) {
    const more = { merchantId: "statement", captureMode: "automatic" };
    ids.push(await authorize(platform, `statement-${index}`, amount, more));
  }
  const refund = { merchantId: "statement", amount: 300, reason: "시험" };
  assert.equal((await platform.call("POST", `/payments/refund/${ids[0]}`, refund)).status, 200);
  await until("all is posted", async () => {
    const { body } = await platform.call("GET", "/ledger/accounts/2100/entries?merchantId=statement");
    return body.data.length === 4;
  });
  await page.goto(`${platform.base}/console/ledger/accounts/2100`);
  await page.getByRole("textbox", { name: "가맹점" }).fill("statement");
  await page.getByRole("button", { name: "찾기" }).click();
  const rows = page.getByRole("table").getByRole("row");
  await until("only the merchant's are shown", async () => (await rows.count()) === 5);
  const shown = await page.evaluate(() =>
    [...document.querySelectorAll("tbody tr")].map((row) => [...row.cells].map((cell) => cell.textContent)),
  );
  // Recomputed here, oldest first: a credit account grows by what is credited.
  let balance = 0;
  for (const cells of shown.toReversed()) {
    const [debit, credit, said] = cells.slice(-3).map((text) => Number(text.replaceAll(",", "")));
    balance += credit - debit;
    assert.equal(said, balance, cells.join(" | "));
  }
  assert.equal(balance, 700 + 1100 + 1900 - 300);
  await page.getByText("이보다 앞선 잔액 0 KRW").waitFor();
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "CSV 내려받기" }).click();
  const file = await (await downloading).path();
  const [header, ...lines] = (await readFile(file, "utf8")).replace("\ufeff", "").split("\r\n");
  const column = (name) => header.split(",").indexOf(name);
  assert.deepEqual(
    lines.map((line) => line.split(",")[column("entryId")]),
    shown.map((cells) => cells[0]),
  );
  assert.deepEqual(
    lines.map((line) => line.split(",")[column("balance")]),
    shown.map((cells) => cells.at(-1).replaceAll(",", "")),
  );
  assert.ok(lines.every((line) => line.split(",")[column("owner")] === "statement"));
  await page.reload();
  await until("the address brings the filter back", async () => (await rows.count()) === 5);
  assert.deepEqual(faults, []);
  await context.close();
});

test("the request log shows what was said, and no secret of it", async () => {
  const { page, context, faults } = await open(platform);
  const order = {
    merchantId: "M123",
    amount: 4321,
    currency: "KRW",
    idempotencyKey: "said",
    paymentMethod: { type: "card", token: "tok_insufficient_funds" },
  };
  const { headers } = await platform.call("POST", "/payments/authorize", order);
  const id = headers.get("x-request-id");
  await page.goto(`${platform.base}/dev/requests?request=${id}`);
  await page.getByRole("button", { name: new RegExp(`^보기: POST .*${id}`) }).click();
  const panel = page.getByRole("dialog");
  await panel.getByText('"amount": 4321').waitFor();
  await panel.getByText('"token": "•••"').waitFor();
  await panel.getByText("insufficient_funds").waitFor();
  assert.equal((await page.content()).includes("tok_"), false, "a token is shown");
  await page.reload();
  await panel.getByText('"amount": 4321').waitFor();
  await page.keyboard.press("Escape");
  await panel.waitFor({ state: "detached" });
  assert.deepEqual(faults, []);
  await context.close();
});

test("each lane says who publishes it and how long its oldest event waits", async () => {
  const { page, context } = await open(platform);
  await platform.call("PUT", "/sim/faults", { workerPaused: true });
  // What the worker had begun to read it still handles.
  let count = 0;
  await until("events wait, and not for a moment only", async () => {
    count += 1;
    await authorize(platform, `lanes-${count}`, 100);
    return (await platform.call("GET", "/outbox?limit=1")).body.summary.pending >= 3;
  });
  await page.goto(`${platform.base}/console/events`);
  const lanes = page.getByRole("region", { name: "레인" });
  await lanes.getByText("이 프로세스 안에서 읽어요").first().waitFor();
  const waiting = lanes.getByRole("row").filter({ hasText: /초 전|방금/ });
  await waiting.waitFor();
  await platform.call("PUT", "/sim/faults", { workerPaused: false });
  await waiting.waitFor({ state: "detached" });
  await context.close();
});

test("a condition nobody knows is named", async () => {
  const { page, context } = await open(platform);
  await page.goto(`${platform.base}/console/payments`);
  await page.getByLabel("조건", { exact: true }).fill("colour:red");
  await page.keyboard.press("Enter");
  await page.getByText("‘colour:red’ 조건은 알 수 없어요").waitFor();
  await context.close();
});

test("a poisoned event is an inbox item; each act on it leaves one audit row", async () => {
  const { page, context } = await open(platform);
  const audit = async () =>
    (await platform.call("GET", "/audit?limit=200")).body.data.filter(({ action }) =>
      action.startsWith("dead_letter."),
    ).length;
  const before = await audit();
  await platform.call("POST", "/sim/poison");
  await authorize(platform, "after-poison", 500);
  await page.goto(`${platform.base}/console/dead-letters`);
  await page.getByRole("button", { name: "한꺼번에 처리" }).click();
  await page.getByRole("button", { name: "먼저 시험해 보기" }).click();
  await page.getByText("아무것도 쓰지 않았어요").first().waitFor();
  assert.equal(await audit(), before, "a try wrote something");
  await page.getByRole("rowheader").getByRole("link").first().click();
  await page.getByRole("button", { name: "보류" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "보류 실행" }).click();
  await page.getByText("지금은 ‘보류’ 상태예요").first().waitFor();
  assert.equal(await audit(), before + 1);
  await page.getByRole("button", { name: "폐기" }).click();
  await page.getByRole("dialog").getByLabel(/이유/).fill("시험에서 끼워 넣은 이벤트");
  await page.getByRole("dialog").getByRole("button", { name: "폐기 실행" }).click();
  await page.getByText("지금은 ‘폐기’ 상태예요").first().waitFor();
  assert.equal(await audit(), before + 2);
  await page.goto(`${platform.base}/console/audit`);
  await page.getByText("시험에서 끼워 넣은 이벤트").waitFor();
  await context.close();
});

test("every proof holds when it is asked for", async () => {
  const { page, context } = await open(platform);
  await page.goto(`${platform.base}/console/ledger/trial-balance`);
  await page.getByText("차변과 대변이 같아요").waitFor();
  await page.getByRole("button", { name: "지금 모두 검사" }).click();
  await page.getByText("전체 검사").waitFor();
  assert.equal(await page.getByText("깨짐").count(), 0);
  assert.ok((await page.getByText("성립").count()) >= 7);
  await context.close();
});

test("the overview knows the minutes before it was opened", async () => {
  const { page, context } = await open(platform);
  await page.goto(`${platform.base}/console`);
  await page.getByRole("button", { name: "표로 보기" }).first().click();
  const table = page.getByRole("region", { name: "초당 요청" }).getByRole("table");
  await until("eight seconds are listed", async () => (await table.getByRole("row").count()) >= 9);
  await context.close();
});

test("limits show what is configured", async () => {
  const { page, context } = await open(platform);
  await page.goto(`${platform.base}/console/limits?merchant=M123&key=seed-1`);
  await page.getByText("60초에 1,000번").waitFor();
  await page.getByText("저장된 응답").waitFor();
  await context.close();
});

test("the quickstart ticks as its own commands are run in a shell, and what others did ticks nothing", async () => {
  const more = { merchantId: "quickstart", captureMode: "automatic" };
  await authorize(platform, "quick-before", 1000, more);
  const { page, context, faults } = await open(platform);
  await page.goto(`${platform.base}/dev`);
  const ticked = page.getByText("완료", { exact: true });
  await ticked.waitFor();
  assert.equal(await ticked.count(), 1, "only the server is there");
  const commands = page.locator("pre");
  const run = promisify(execFile);
  for (const [index, count] of [1, 2, 4].entries()) {
    const command = await commands.nth(index).textContent();
    assert.match(command, /^curl /);
    await run("sh", ["-c", `${command} --fail --silent`]);
    await until(`${count} steps are ticked`, async () => (await ticked.count()) === count);
  }
  const { stdout } = await run("sh", ["-c", `${await commands.nth(3).textContent()} --fail --silent`]);
  assert.equal(JSON.parse(stdout).data[0].topic.startsWith("payment."), true);
  await page.reload();
  await until("they stay ticked", async () => (await ticked.count()) === 4);
  await page.getByRole("button", { name: "처음부터 다시" }).click();
  await until("another begins", async () => (await ticked.count()) === 1);
  assert.deepEqual(faults, []);
  await context.close();
});

test("what the platform says of its parts is said in Korean, the Lab's switches too", async () => {
  const { page, context } = await open(platform);
  await platform.call("PUT", "/sim/faults", { cacheOff: true });
  await page.goto(`${platform.base}/console/health`);
  await page.getByText("실험실에서 껐어요 · 한도를 확인하지 못해 모두 통과시켜요").waitFor();
  await platform.call("PUT", "/sim/faults", {});
  await page.getByText("실험실에서 껐어요").waitFor({ state: "detached" });
  await platform.call("POST", "/sim/poison");
  await authorize(platform, "after-poison-2", 500);
  await page.goto(`${platform.base}/console/dead-letters`);
  await page
    .getByText(/이벤트를 읽을 수 없어요: ‘id’ 필드가 없어요/)
    .first()
    .waitFor();
  const english = await page
    .getByRole("main")
    .evaluate((main) =>
      [...main.querySelectorAll("td, p, h1, h2")]
        .map((one) => one.textContent)
        .filter((text) => /[a-z]+ [a-z]+ [a-z]+/.test(text)),
    );
  assert.deepEqual(english, []);
  await context.close();
});

test("a log that could not be read is not called one without errors", async () => {
  const { page, context } = await open(platform);
  await page.goto(`${platform.base}/dev/requests`);
  const errors = page.getByRole("heading", { name: "경로별 오류" });
  await errors.waitFor();
  await context.setOffline(true);
  await page.getByLabel("상태").selectOption("500");
  await page.getByText("불러오는 중…").waitFor();
  assert.equal(await errors.count(), 0, "nothing is known of them yet");
  await page.getByRole("heading", { name: /서버에 닿지 않아요/ }).waitFor();
  assert.equal(await errors.count(), 0, "nothing is known of them");
  await context.close();
});

test("when nobody answers, a number is unknown and not zero", async () => {
  const { page, context } = await open(platform);
  await page.goto(`${platform.base}/console`);
  await page.getByText("지금 0건이 기다려요").waitFor();
  await context.setOffline(true);
  await page.getByText("지표를 읽지 못했어요").waitFor();
  await page.getByText("알 수 없음").first().waitFor();
  // Nor does the page's own sentence go on as if it knew.
  await page.getByRole("heading", { level: 1, name: /지금 어떤지 알 수 없어요/ }).waitFor();
  await context.close();
});

test("an address that somebody wrote by hand is taken as it is written", async () => {
  const { page, context } = await open(platform);
  await page.goto(`${platform.base}/console/ledger?owner=true`);
  await page.getByRole("columnheader", { name: "소유자" }).waitFor();
  assert.equal(await page.getByRole("switch", { name: "소유자별로 보기" }).isChecked(), true);
  assert.ok(page.url().endsWith("?owner=true"), page.url());
  await page.goto(`${platform.base}/search?q=17`);
  await page.getByRole("link", { name: "아이폰 17 프로" }).waitFor();
  assert.equal(await page.getByRole("searchbox").inputValue(), "17");
  await context.close();
});

test("what a shopper pays counts as an authorization, and a refusal seals nothing", async () => {
  const { page, context } = await open(platform);
  await page.goto(`${platform.base}/console`);
  const row = page
    .getByRole("row")
    .filter({ has: page.getByRole("rowheader", { name: "승인", exact: true }) });
  const count = async () => Number((await row.getByRole("cell").first().textContent()).replaceAll(",", ""));
  await row.waitFor();
  const before = await count();
  const shop = await open(platform);
  await shop.page.goto(`${platform.base}/p/mug-onki`);
  await shop.page.getByRole("button", { name: "바로 사기" }).click();
  await shop.page.getByRole("button", { name: /결제하기$/ }).click();
  await shop.page.waitForURL(/flow/);
  await shop.context.close();
  await until("it is counted", async () => (await count()) > before);
  const refused = { merchantId: "M123", amount: 1000, currency: "KRW", idempotencyKey: "unsealed" };
  const { body } = await platform.call("POST", "/payments/authorize", {
    ...refused,
    paymentMethod: { type: "card", token: "tok_decline" },
  });
  await page.goto(`${platform.base}/console/payments/${body.paymentId}`);
  await page.getByRole("region", { name: "흐름" }).getByText("적을 것 없음").waitFor();
  await context.close();
});
