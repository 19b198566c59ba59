// Operators: the first admin by the printed link, roles, and the audit row of every console action, in a real browser.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { authorize, open, start, until } from "./platform.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PASSWORD = "correct horse battery";
let platform;
/** Cookies of operators by name. */
const cookies = {};

before(async () => {
  platform = await start({ SWELITE_LOGIN: "on" });
});
after(() => platform?.stop());

const as = (name) => ({ cookie: cookies[name] });

async function rows(query) {
  const { status, body } = await platform.call("GET", `/audit?limit=200&${query}`, undefined, as("root"));
  assert.equal(status, 200, JSON.stringify(body));
  return body.data;
}

/** Adds an operator past the pages and takes its cookie. */
async function add(name, role) {
  const { body } = await platform.call("POST", "/operators", { name, role }, as("root"));
  const link = body.link.split("link=")[1];
  const set = await platform.call("POST", "/session/link", { link, password: PASSWORD });
  cookies[name] = set.headers.get("set-cookie").split(";")[0];
}

/** A page with somebody signed in. */
async function openAs(name, options) {
  const opened = await open(platform, options);
  const [key, value] = cookies[name].split("=");
  await opened.context.addCookies([
    { name: key, value, url: platform.base, httpOnly: true, sameSite: "Strict" },
  ]);
  return opened;
}

test("the printed link makes the first admin, who signs out and in again where they wanted to be", async () => {
  const link = await until("the link is printed", () => /http:\S+#link=\S+/.exec(platform.said())?.[0]);
  const { page, context, faults } = await open(platform);
  await page.goto(link);
  await page.getByRole("heading", { name: "비밀번호를 정해요" }).waitFor();
  assert.ok(!page.url().includes("link="), "the secret does not stay in the address");
  await page.getByLabel("이름").fill("root");
  await page.getByLabel("비밀번호", { exact: true }).fill("short");
  await page.getByLabel("비밀번호 다시").fill("other");
  await page.getByRole("button", { name: "비밀번호 정하기" }).click();
  await page.getByText("비밀번호는 10자 이상이어야 해요.").waitFor();
  await page.getByText("두 비밀번호가 달라요.").waitFor();
  await page.getByLabel("비밀번호", { exact: true }).fill(PASSWORD);
  await page.getByLabel("비밀번호 다시").fill(PASSWORD);
  await page.getByRole("button", { name: "비밀번호 정하기" }).click();
  await page.getByRole("link", { name: /root · 관리 역할/ }).waitFor();
  const [session] = (await context.cookies()).filter((one) => one.name === "swelite_session");
  assert.ok(session.httpOnly && session.sameSite === "Strict");
  cookies.root = `swelite_session=${session.value}`;
  await page.goto(link);
  await page.getByLabel("이름").fill("evil");
  await page.getByLabel("비밀번호", { exact: true }).fill(PASSWORD);
  await page.getByLabel("비밀번호 다시").fill(PASSWORD);
  await page.getByRole("button", { name: "비밀번호 정하기" }).click();
  await page.getByRole("alert").getByText("이미 썼거나").waitFor();
  assert.deepEqual(faults, []);
  await context.close();

  const other = await open(platform);
  await other.page.goto(`${platform.base}/console/audit?action=operator.first_admin`);
  await other.page.getByRole("heading", { name: "로그인" }).waitFor();
  await other.page.getByLabel("이름").fill("root");
  await other.page.getByLabel("비밀번호").fill("not the password");
  await other.page.keyboard.press("Enter");
  await other.page.getByRole("alert").getByText("맞지 않아요").waitFor();
  await other.page.getByLabel("비밀번호").fill(PASSWORD);
  await other.page.keyboard.press("Enter");
  await other.page.getByRole("heading", { name: /감사|했/ }).waitFor();
  assert.ok(other.page.url().endsWith("/console/audit?action=operator.first_admin"), other.page.url());
  await other.page.getByRole("row", { name: /root.*첫 관리자/ }).waitFor();
  await other.page.getByRole("button", { name: "로그아웃" }).click();
  await other.page.getByRole("heading", { name: "로그인" }).waitFor();
  assert.deepEqual(other.faults, []);
  assert.equal(await other.page.evaluate(() => sessionStorage.getItem("swelite.drafts")), null);
  await other.context.close();
});

test("an admin invites, changes and disables an operator, and each act leaves one row", async () => {
  const { page, context, faults } = await openAs("root");
  await page.goto(`${platform.base}/console/operators`);
  await page.getByLabel("이름").fill("kim");
  await page.getByLabel("역할", { exact: true }).selectOption("operator");
  await page.getByRole("button", { name: "운영자 추가" }).click();
  const shown = page.getByRole("status").getByRole("button", { name: /console\/welcome/ });
  const link = await shown.getAttribute("title");
  const invited = await open(platform, { lang: "en" });
  await invited.page.goto(link);
  await invited.page.getByText("Choose the password of kim").waitFor();
  await invited.page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await invited.page.getByLabel("Password again").fill(PASSWORD);
  await invited.page.getByRole("button", { name: "Set the password" }).click();
  await invited.page.getByRole("link", { name: /kim · operator/ }).waitFor();
  await page.getByLabel("kim의 역할").selectOption("viewer");
  await page.getByText("바꿨어요.").waitFor();
  await until("the role is stored", async () => (await rows("object=operator/kim")).length === 3);
  await page.getByRole("button", { name: "kim 막기" }).click();
  await page.getByRole("row", { name: /kim.*막음/ }).waitFor();
  await invited.page.goto(`${platform.base}/console/payments`);
  await invited.page.getByRole("heading", { name: "Sign in" }).waitFor();
  const acts = (await rows("object=operator/kim")).map((row) => row.action);
  assert.deepEqual(acts, ["operator.disable", "operator.role", "operator.password", "operator.add"]);
  assert.deepEqual(faults, []);
  await invited.context.close();
  await context.close();
});

test("every act on a payment leaves one row with who, why and what came of it", async () => {
  await add("park", "operator");
  const { page, context } = await openAs("park");
  const acts = [
    { act: "capture", button: "매입", run: "매입 실행", more: {} },
    { act: "void", button: "승인 취소", run: "승인 취소 실행", more: {} },
    { act: "refund", button: "환불", run: "환불 실행", more: { captureMode: "automatic" } },
  ];
  for (const { act, button, run, more } of acts) {
    const id = await authorize(platform, `audit-${act}`, 10_000, more);
    await page.goto(`${platform.base}/console/payments/${id}`);
    await page.getByRole("button", { name: button, exact: true }).click();
    const panel = page.getByRole("dialog");
    await panel.getByLabel(/이유/).fill(`시험 ${act}`);
    await panel.getByRole("button", { name: run }).click();
    await panel.getByText(/했어요/).waitFor();
    await panel.getByRole("button", { name: run }).waitFor();
    const [row, ...others] = await rows(`object=payment/${id}`);
    assert.deepEqual(others, []);
    const { actor, role, action, reason, outcome } = row;
    assert.deepEqual(
      { actor, role, action, reason, outcome },
      { actor: "park", role: "operator", action: `payment.${act}`, reason: `시험 ${act}`, outcome: "done" },
    );
    // The same in the payment's own story, under the event it caused.
    await page.goto(`${platform.base}/console/payments/${id}`);
    const story = page.getByRole("tabpanel").getByRole("listitem");
    const told = story.filter({ hasText: `운영자 park · ${button}` });
    await told.getByText(`이유: 시험 ${act}`).waitFor();
    const lines = await story.getByRole("heading", { level: 2 }).allInnerTexts();
    const at = lines.indexOf(`운영자 park · ${button}`);
    assert.match(lines[at - 1] ?? "", /했어요/, lines.join(" | "));
    assert.match(lines[at + 1] ?? "", /원장에 적었어요|승인했어요/, lines.join(" | "));
  }
  await page.goto(`${platform.base}/console/audit?actor=park&action=payment.refund`);
  await page.getByRole("row", { name: /park.*환불.*완료/ }).waitFor();
  await page.reload();
  assert.equal(await page.getByLabel("누가").inputValue(), "park");
  await context.close();
});

test("what was typed is there again after signing in again, and only for whoever typed it", async () => {
  await add("han", "operator");
  await add("choi", "operator");
  const id = await authorize(platform, "draft", 10_000, { captureMode: "automatic" });
  const signIn = async (page, name) => {
    await page.getByLabel("이름").fill(name);
    await page.getByLabel("비밀번호").fill(PASSWORD);
    await page.getByRole("button", { name: "로그인", exact: true }).click();
  };
  /** Fills the form of a refund, and sends it when the session has ended. */
  const lose = async () => {
    const { page, context, faults } = await openAs("han");
    await page.goto(`${platform.base}/console/payments/${id}?act=refund`);
    const panel = page.getByRole("dialog");
    await panel.getByLabel(/금액/).fill("1234");
    await panel.getByLabel(/이유/).fill("반만 돌려줘요");
    const key = await panel.getByLabel("멱등 키").inputValue();
    await context.clearCookies();
    await panel.getByRole("button", { name: "환불 실행" }).click();
    await page.getByRole("heading", { name: "로그인" }).waitFor();
    return { page, context, panel, faults, key };
  };
  const other = await lose();
  await signIn(other.page, "choi");
  await other.panel.waitFor();
  assert.equal(await other.panel.getByLabel(/이유/).inputValue(), "", "somebody else's words");
  await other.context.close();

  const same = await lose();
  await same.page.reload();
  await same.page.getByRole("heading", { name: "로그인" }).waitFor();
  await signIn(same.page, "han");
  await same.panel.waitFor();
  assert.equal(await same.panel.getByLabel(/금액/).inputValue(), "1234");
  assert.equal(await same.panel.getByLabel(/이유/).inputValue(), "반만 돌려줘요");
  assert.equal(await same.panel.getByLabel("멱등 키").inputValue(), same.key);
  await same.panel.getByRole("button", { name: "환불 실행" }).click();
  await same.panel.getByText("환불했어요.").waitFor();
  const { body } = await platform.call("GET", `/payments/${id}`, undefined, as("root"));
  assert.equal(body.refundedAmount, 1234);

  // Filters that were typed and not applied yet.
  await same.page.goto(`${platform.base}/console/payments`);
  await same.page.getByRole("textbox", { name: "조건" }).fill("amount:>5000 mer");
  await same.context.clearCookies();
  await same.page.getByRole("link", { name: "매입 대기" }).click();
  await same.page.getByRole("heading", { name: "로그인" }).waitFor();
  await signIn(same.page, "han");
  await same.page.getByRole("textbox", { name: "조건" }).waitFor();
  assert.equal(await same.page.getByRole("textbox", { name: "조건" }).inputValue(), "amount:>5000 mer");
  assert.deepEqual(same.faults, []);
  await same.context.close();
});

test("every act on a dead letter leaves one row", async () => {
  const acts = [
    { act: "hold", button: "보류", run: "보류 실행", outcome: "done" },
    { act: "redrive", button: "재처리", run: "재처리 실행", outcome: "still_open" },
    { act: "discard", button: "폐기", run: "폐기 실행", outcome: "done" },
  ];
  await authorize(platform, "poisoned", 10_000);
  assert.equal((await platform.call("POST", "/sim/poison", undefined, as("root"))).status, 200);
  await authorize(platform, "poisoned-2", 10_000);
  const list = async () =>
    (await platform.call("GET", "/dead-letters?limit=1", undefined, as("root"))).body.data[0];
  const letter = await until("a dead letter", list);
  const { page, context } = await openAs("park");
  for (const { act, button, run } of acts) {
    await page.goto(`${platform.base}/console/dead-letters/${letter.id}`);
    const foreign = act === "redrive" && letter.errorType === "foreign";
    if (foreign) continue;
    await page.getByRole("button", { name: button, exact: true }).click();
    const panel = page.getByRole("dialog");
    await panel.getByLabel(/이유/).fill(`시험 ${act}`);
    await panel.getByRole("button", { name: run }).click();
    await panel.waitFor({ state: "detached" });
    const done = await rows(`object=dead_letter/${letter.id}&action=dead_letter.${act}`);
    assert.equal(done.length, 1, act);
    assert.equal(done[0].actor, "park");
  }
  assert.equal((await rows("action=faults.poison")).length, 1);
  await context.close();
});

const ROLES = [
  { role: "viewer", acts: false, manages: false },
  { role: "operator", acts: true, manages: false },
  { role: "admin", acts: true, manages: true },
];

for (const { role, acts, manages } of ROLES) {
  test(`what a ${role} may not do is disabled and says why, and the server refuses it`, async () => {
    const name = `role-${role}`;
    await add(name, role);
    const id = await authorize(platform, `role-${role}`, 10_000);
    const { page, context } = await openAs(name);
    await page.goto(`${platform.base}/console/payments/${id}`);
    const isOff = async (button) => {
      await button.waitFor();
      return (await button.getAttribute("aria-disabled")) === "true";
    };
    for (const act of ["매입", "승인 취소"]) {
      const button = page.getByRole("button", { name: act, exact: true });
      assert.equal(await isOff(button), !acts, act);
      if (!acts) assert.equal(await button.getAttribute("title"), "운영 역할이 필요해요.");
    }
    await page.goto(`${platform.base}/console/ledger/trial-balance`);
    assert.equal(await isOff(page.getByRole("button", { name: /모두 검사/ })), !acts);
    await page.goto(`${platform.base}/console/operators`);
    if (manages) await page.getByRole("button", { name: "운영자 추가" }).waitFor();
    else await page.getByText("관리 역할이 필요해요.").waitFor();
    const body = { merchantId: "M123", idempotencyKey: `by-${role}` };
    const captured = await platform.call("POST", `/payments/capture/${id}`, body, as(name));
    assert.equal(captured.status, acts ? 200 : 403);
    const poison = await platform.call("POST", "/sim/poison", undefined, as(name));
    assert.equal(poison.status, manages ? 200 : 403);
    await context.close();
  });
}

test("the shop sells without anybody signed in", async () => {
  const { page, context, faults } = await open(platform);
  await page.goto(`${platform.base}/p/mug-onki`);
  await page.getByRole("button", { name: "바로 사기" }).click();
  await page.getByRole("button", { name: /결제하기$/ }).click();
  await page.getByText(/기장/).first().waitFor();
  await page
    .getByText(/6단계 중 6단계|기장 완료/)
    .first()
    .waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("a page of another origin cannot act with an operator's cookie", async () => {
  const id = await authorize(platform, "forged", 10_000);
  const { page, context } = await openAs("root");
  await page.goto("about:blank");
  await page.setContent(
    `<form method="post" action="${platform.base}/sim/poison"><button>go</button></form>`,
  );
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.url().endsWith("/sim/poison")),
    page.getByRole("button", { name: "go" }).click(),
  ]);
  assert.ok([401, 403].includes(answer.status()), String(answer.status()));
  assert.deepEqual(await rows(`object=payment/${id}`), []);
  await context.close();
});

test("the pages of operators are accessible in both languages and themes", async () => {
  const views = [
    "/console/login",
    "/console/welcome#link=x",
    "/console/operators",
    "/console/account",
    "/console/audit",
  ];
  for (const lang of ["ko", "en"]) {
    for (const theme of ["light", "dark"]) {
      const { page, context } = await openAs("root", { lang, theme });
      for (const view of views) {
        await page.goto(platform.base + view);
        await page.locator("h1").waitFor();
        await page.addScriptTag({ content: axe }).catch(() => page.evaluate(axe));
        const found = await page.evaluate(() =>
          window.axe.run({
            runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
          }),
        );
        const told = found.violations.map((one) => `${one.id}: ${one.nodes[0].html}`);
        assert.deepEqual(told, [], `${view} ${lang} ${theme}`);
      }
      await context.close();
    }
  }
});

test("who is signed in reaches everything on a screen of 320 px", async () => {
  for (const lang of ["ko", "en"]) {
    const { page, context } = await openAs("root", { lang, width: 320, height: 640 });
    for (const view of ["/console", "/console/payments", "/console/operators", "/console/audit", "/dev"]) {
      await page.goto(platform.base + view);
      await page.locator("h1").waitFor();
      const beyond = await page.evaluate(() =>
        [...document.querySelectorAll("header :is(a, button, select)")]
          .map((control) => ({ box: control.getBoundingClientRect(), name: control.textContent }))
          .filter(({ box }) => box.width > 0 && (box.right > innerWidth || box.height > 44))
          .map(({ name }) => name),
      );
      assert.deepEqual(beyond, [], `${view} ${lang}`);
    }
    await context.close();
  }
});
