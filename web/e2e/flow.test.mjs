// The way of a payment as it is watched: what it waits for, what nobody knows any more, what all tabs share, what is printed.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { open, start, until } from "./platform.mjs";

let platform;
before(async () => {
  platform = await start();
});
after(() => platform?.stop());

const sealOf = (page) => page.getByRole("img", { name: "기장" });
const faults = (settings) => platform.call("PUT", "/sim/faults", settings);

/** Buys something; the page that shows its way. */
async function bought(page, lang = "ko") {
  await page.goto(`${platform.base}/p/mug-onki`);
  await page.getByRole("button", { name: lang === "ko" ? "바로 사기" : "Buy now" }).click();
  await page.getByRole("button", { name: lang === "ko" ? /결제하기$/ : /^Pay / }).click();
  await page.waitForURL(/flow/);
}

/** The station that has not been reached, and what it says. */
const waitingStation = (page) => page.locator('li[aria-current="step"]');

for (const [lang, worker, broker] of [
  ["ko", "실험실에서 워커를 멈췄어요", "실험실에서 브로커를 껐어요"],
  ["en", "The worker is paused in the Lab", "The broker is switched off in the Lab"],
]) {
  test(`a flow that waits says for what, and goes on by itself: ${lang}`, async () => {
    const { page, context, faults: wrong } = await open(platform, { lang });
    const seal = page.getByRole("img", { name: lang === "ko" ? "기장" : "POSTED" });
    for (const [settings, why] of [
      [{ workerPaused: true }, worker],
      [{ brokerOff: true }, broker],
    ]) {
      await faults(settings);
      await bought(page, lang);
      await page.evaluate(() => {
        window.sameDocument = true;
      });
      await waitingStation(page).getByText(why).waitFor();
      await waitingStation(page)
        .getByRole("heading", { name: lang === "ko" ? /워커 처리/ : /Worker/ })
        .waitFor();
      assert.equal(await seal.count(), 0, "sealed before it was posted");
      await faults({});
      await seal.waitFor();
      assert.equal(await page.evaluate(() => window.sameDocument), true, "the page was loaded anew");
      assert.equal(await page.getByText(why).count(), 0);
    }
    assert.deepEqual(wrong, []);
    await context.close();
  });
}

test("a way that can no longer be read shows how old it is, and is read again when it can be", async () => {
  const { page, context } = await open(platform);
  await faults({ workerPaused: true });
  await bought(page);
  await page.getByText("실험실에서 워커를 멈췄어요").waitFor();
  await context.setOffline(true);
  const old = page.getByText(/(\d+)초 전 읽은 값이에요\. 지금은 읽지 못하고 있어요\./);
  await old.waitFor();
  const age = async () => Number(/(\d+)초 전/.exec(await old.textContent())[1]);
  const before = await age();
  await until("its age grows", async () => (await age()) > before);
  await page.getByText("끊김 · 다시 연결 중").waitFor();
  assert.equal(await sealOf(page).count(), 0);
  await context.setOffline(false);
  await faults({});
  await sealOf(page).waitFor();
  await old.waitFor({ state: "detached" });
  await context.close();
});

test("all tabs of a browser share one stream, and each hears of its own payment", async () => {
  const { page, context } = await open(platform);
  const ids = [];
  for (const number of [1, 2]) {
    const order = {
      merchantId: "M123",
      amount: number * 1000,
      currency: "KRW",
      idempotencyKey: `tab-${number}`,
    };
    ids.push((await platform.call("POST", "/payments/authorize", order)).body.paymentId);
  }
  const streams = async () => {
    const { body } = await platform.call("GET", "/requests?limit=200");
    return body.data.filter(({ route }) => route === "/events/stream").length;
  };
  const before = await streams();
  const tabs = [page, await context.newPage(), await context.newPage()];
  await tabs[0].goto(`${platform.base}/console/payments/${ids[0]}`);
  await tabs[1].goto(`${platform.base}/console/payments/${ids[1]}`);
  await tabs[2].goto(`${platform.base}/console/payments`);
  await tabs[2].getByText("실시간").waitFor();
  const own = (tab) => tab.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
  for (const tab of tabs)
    assert.deepEqual(
      (await own(tab)).filter((name) => name.includes("/events/stream")),
      [],
    );
  await platform.call("POST", `/payments/capture/${ids[0]}`, { merchantId: "M123" });
  await tabs[0].getByText("매입", { exact: true }).first().waitFor();
  await tabs[2].getByRole("button", { name: "새로 생기거나 바뀐 결제 1건 보기" }).waitFor();
  await tabs[1].getByText("승인", { exact: true }).first().waitFor();
  await context.close();
  await until("the one stream has ended and is in the log", async () => (await streams()) === before + 1);
});

for (const theme of ["light", "dark"]) {
  test(`the receipt is printed black on white, alone, and sealed: ${theme}`, async () => {
    const { page, context } = await open(platform, { theme });
    await bought(page);
    await sealOf(page).waitFor();
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.getByRole("banner").isVisible(), false);
    assert.equal(await page.getByRole("button", { name: "영수증 인쇄" }).isVisible(), false);
    assert.equal(await page.getByRole("heading", { level: 1 }).isVisible(), false);
    const receipt = page.getByRole("region", { name: "영수증" });
    const ink = await receipt.evaluate((element) => getComputedStyle(element).color);
    assert.equal(ink, "rgb(25, 30, 40)");
    assert.equal(await sealOf(page).isVisible(), true);
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString("latin1");
    // A6, in points.
    const sizes = [...pdf.matchAll(/\/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]/g)].map(([, width, height]) => [
      Math.round(Number(width)),
      Math.round(Number(height)),
    ]);
    assert.deepEqual(sizes, [[298, 420]]);
    await context.close();
  });
}
