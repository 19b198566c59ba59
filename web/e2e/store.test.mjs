// The store, bought in by a real browser from the real binary.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { open, start, toCheckout, until } from "./platform.mjs";

let platform;
before(async () => {
  platform = await start();
});
after(() => platform?.stop());

const shopPayments = async () =>
  (await platform.call("GET", "/payments?merchantId=swelite-store&limit=200")).body.data;
const sealOf = (page) => page.getByRole("img", { name: "기장" });
const orderOf = (page) => decodeURIComponent(page.url().split("/orders/")[1].split("/")[0]);
const pay = (page) => page.getByRole("button", { name: /결제하기$/ });

test("a paid order is posted, sealed, and still there after a reload", async () => {
  const { page, context, faults, bodies } = await open(platform);
  await page.goto(platform.base);
  await page.getByRole("link", { name: "아이폰 17 프로" }).click();
  await page.getByRole("radio", { name: /512GB/ }).check({ force: true });
  await page.getByRole("button", { name: "장바구니에 담기" }).click();
  await page.getByRole("link", { name: "장바구니 보기" }).click();
  await page.getByRole("link", { name: "주문하기" }).click();
  await page.getByLabel("할부").selectOption("3");
  await page.getByRole("button", { name: "1,940,000원 결제하기" }).click();
  await page.waitForURL(/\/orders\/.+\/flow/);
  await sealOf(page).waitFor();
  await page.reload();
  await sealOf(page).waitFor();
  await page.getByRole("link", { name: "내 주문" }).click();
  await page
    .getByRole("main")
    .getByRole("link", { name: /아이폰 17 프로/ })
    .click();
  await page.getByText("3개월 할부").first().waitFor();
  assert.deepEqual(faults, []);
  assert.equal(
    bodies.some((body) => body.includes("42424242") || body.includes("4242 4242")),
    false,
    "a card number left the tab",
  );
  await context.close();
});

test("from the first page to a paid, posted and sealed order by mouse alone, within a minute", async () => {
  const { page, context, faults } = await open(platform);
  const log = [];
  page.on("console", (message) => log.push(message.text()));
  await page.goto("about:blank");
  const begun = Date.now();
  await page.goto(platform.base);
  await page.getByRole("link", { name: "갤럭시 S26 울트라" }).click();
  await page.getByRole("button", { name: "바로 사기" }).click();
  await pay(page).click();
  await sealOf(page).waitFor();
  const seconds = (Date.now() - begun) / 1000;
  const [paid] = await shopPayments();
  assert.equal(paid.status, "CAPTURED");
  const { body } = await platform.call("GET", `/payments/${paid.paymentId}/flow`);
  assert.ok(
    body.steps.every((step) => step.state === "done"),
    JSON.stringify(body.steps),
  );
  assert.ok(seconds < 60, `${seconds} s`);
  assert.deepEqual([log, faults], [[], []]);
  await context.close();
});

for (const [chip, said] of [
  ["카드 거절", "카드사에서 승인하지 않았어요"],
  ["한도 부족", "카드 한도가 부족해요"],
  ["분실 카드", "카드사에서 승인하지 않았어요"],
  ["도난 카드", "카드사에서 승인하지 않았어요"],
  ["유효기간 지남", "유효기간이 지났어요"],
  ["CVC 오류", "CVC가 맞지 않아요"],
  ["카드사 오류", "청구되지 않았어요"],
  ["번호 오류", "카드 번호를 다시 확인해 주세요"],
]) {
  test(`the card “${chip}” ends where the table says`, async () => {
    const { page, context } = await open(platform);
    await toCheckout(page, platform);
    await page.getByRole("button", { name: chip, exact: true }).click();
    await pay(page).click();
    await page.getByRole("alert").getByText(said).first().waitFor();
    assert.match(page.url(), /\/checkout$/);
    await context.close();
  });
}

test("a card that gets no answer is never charged twice and is known later", async () => {
  const { page, context } = await open(platform);
  await toCheckout(page, platform);
  await page.getByRole("button", { name: "응답 없음" }).click();
  await pay(page).click();
  await page.waitForURL(/flow/);
  await sealOf(page).waitFor({ timeout: 60_000 });
  const payments = (await shopPayments()).filter((payment) => payment.orderId === orderOf(page));
  assert.equal(payments.length, 1);
  await context.close();
});

test("a declined card leaves the order to another one", async () => {
  const { page, context } = await open(platform);
  await toCheckout(page, platform);
  await page.getByRole("button", { name: "한도 부족" }).click();
  await pay(page).click();
  await page.getByText("카드 한도가 부족해요").waitFor();
  await page.getByRole("button", { name: "승인", exact: true }).click();
  await pay(page).click();
  await page.waitForURL(/flow/);
  const payments = (await shopPayments()).filter((payment) => payment.orderId === orderOf(page));
  assert.deepEqual(payments.map((payment) => payment.status).sort(), ["CAPTURED", "DECLINED"]);
  await context.close();
});

test("a double click and a reload during payment make one payment", async () => {
  const before = (await shopPayments()).length;
  await platform.call("PUT", "/sim/faults", { acquirerDelayMs: 3000 });
  const { page, context } = await open(platform);
  await toCheckout(page, platform);
  await pay(page).dblclick();
  await until("the payment is there", async () => (await shopPayments()).length > before);
  await page.reload();
  await page.waitForURL(/flow/, { timeout: 30_000 });
  await platform.call("PUT", "/sim/faults", {});
  await sealOf(page).waitFor({ timeout: 30_000 });
  assert.equal((await shopPayments()).length, before + 1);
  await context.close();
});

test("a paused worker is named, and the flow completes without a reload when it goes on", async () => {
  const { page, context } = await open(platform);
  await platform.call("PUT", "/sim/faults", { workerPaused: true });
  await toCheckout(page, platform);
  await pay(page).click();
  await page.waitForURL(/flow/);
  await page.getByText("실험실에서 워커를 멈췄어요").waitFor();
  assert.equal(await sealOf(page).count(), 0);
  await page.getByRole("main").getByRole("button", { name: "실험실 열기" }).click();
  await page.getByRole("dialog").getByRole("switch", { name: "워커 멈추기" }).click();
  await page.keyboard.press("Escape");
  await sealOf(page).waitFor();
  await context.close();
});

test("money goes back, and never more than was paid", async () => {
  const { page, context } = await open(platform);
  await toCheckout(page, platform);
  await pay(page).click();
  await page.waitForURL(/flow/);
  await page.getByRole("link", { name: "주문 보기" }).click();
  await page.getByRole("radio", { name: /일부만/ }).check({ force: true });
  await page.getByLabel("환불 금액").fill("99999999");
  await page.getByText("환불할 수 있는 금액은").first().waitFor();
  await page.getByLabel("환불 금액").fill("2000");
  await page.getByRole("button", { name: "환불 요청하기" }).click();
  await page.getByText("2,000원을 환불했어요").waitFor();
  await page.getByText("부분 환불").first().waitFor();
  await context.close();
});

test("a shopper sees the orders that stand as they ask, and the address keeps it", async () => {
  const { page, context, faults } = await open(platform);
  await page.goto(`${platform.base}/orders`);
  await page.getByText("아직 주문이 없어요").waitFor();
  const bought = [];
  for (let index = 0; index < 2; index += 1) {
    await toCheckout(page, platform);
    await pay(page).click();
    await page.waitForURL(/flow/);
    bought.push(orderOf(page));
  }
  await page.getByRole("link", { name: "주문 보기" }).click();
  await page.getByRole("button", { name: "환불 요청하기" }).click();
  await page.getByText("환불했어요").first().waitFor();
  await page.goto(`${platform.base}/orders`);
  const show = page.getByRole("navigation", { name: "보여 줄 주문" });
  const rows = page.getByRole("main").getByRole("listitem");
  await until("both are listed", async () => (await rows.count()) === 2);
  await show.getByRole("link", { name: "환불" }).press("Enter");
  await page.waitForURL(/show=refunded$/);
  await rows.filter({ hasText: bought[1] }).waitFor();
  assert.equal(await rows.count(), 1);
  await page.reload();
  await rows.filter({ hasText: bought[1] }).waitFor();
  assert.equal(await rows.count(), 1);
  await show.getByRole("link", { name: "결제 완료" }).click();
  await rows.filter({ hasText: bought[0] }).waitFor();
  assert.equal(await rows.count(), 1);
  await show.getByRole("link", { name: "결제 안 됨" }).click();
  await page.getByText("그런 주문은 없어요").waitFor();
  await page.goBack();
  await rows.filter({ hasText: bought[0] }).waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("another shopper does not see the order", async () => {
  const { page, context } = await open(platform);
  await toCheckout(page, platform);
  await pay(page).click();
  await page.waitForURL(/flow/);
  const other = await open(platform);
  await other.page.goto(page.url());
  await other.page.getByRole("alert").getByText("NOT_FOUND").waitFor();
  await page.goto(`${platform.base}/orders`);
  await page.getByRole("main").getByRole("listitem").first().waitFor();
  await context.close();
  await other.context.close();
});

test("a price that was tampered with is shown for what it is", async () => {
  const { page, context } = await open(platform);
  await page.goto(`${platform.base}/p/mug-onki`);
  await page.getByRole("button", { name: "장바구니에 담기" }).click();
  await page.evaluate(() => {
    const cart = JSON.parse(localStorage.getItem("swelite.cart"));
    localStorage.setItem("swelite.cart", JSON.stringify(cart.map((line) => ({ ...line, seen: 1 }))));
  });
  await page.goto(`${platform.base}/cart`);
  await page.getByText("가격이 바뀌었어요").waitFor();
  await page.getByText("32,000원").first().waitFor();
  await context.close();
});

test("what was taken out of the cart comes back, also the only thing in it", async () => {
  const { page, context, faults } = await open(platform);
  await page.goto(`${platform.base}/p/mug-onki`);
  await page.getByRole("button", { name: "장바구니에 담기" }).click();
  await page.goto(`${platform.base}/cart`);
  await page.getByRole("button", { name: /^빼기: |^삭제: / }).click();
  await page.getByText("장바구니가 비었").waitFor();
  const undo = page.getByRole("button", { name: "되돌리기" });
  await until("the focus is where the act can be undone", () =>
    undo.evaluate((button) => button === document.activeElement),
  );
  await page.keyboard.press("Enter");
  await page.getByText("32,000원").first().waitFor();
  await undo.waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "H1");
  assert.deepEqual(faults, []);
  await context.close();
});

test("search finds, filters stand in the address, and a typo is understood", async () => {
  const { page, context } = await open(platform);
  await page.goto(`${platform.base}/search?q=갤럭시`);
  await page.getByText("3개", { exact: true }).waitFor();
  await page.getByLabel("정렬").selectOption("low");
  await page.waitForURL(/sort=low/);
  await page.reload();
  assert.equal(await page.getByLabel("정렬").inputValue(), "low");
  await page.goto(`${platform.base}/search?q=아이펀`);
  await page.getByRole("link", { name: /아이폰/ }).click();
  await page.getByRole("link", { name: "아이폰 17 프로" }).waitFor();
  await context.close();
});

test("the keyboard alone buys", async () => {
  const { page, context } = await open(platform);
  await page.goto(`${platform.base}/p/mug-onki`);
  await page.getByRole("button", { name: "바로 사기" }).focus();
  await page.keyboard.press("Enter");
  await pay(page).waitFor();
  await page.getByLabel("카드 번호").focus();
  const isThere = () => pay(page).evaluate((button) => button === document.activeElement);
  for (let presses = 0; presses < 12 && !(await isThere()); presses += 1) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForURL(/flow/);
  await context.close();
});
