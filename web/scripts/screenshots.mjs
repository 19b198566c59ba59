// Pictures of the running product, for the documents: starts the real binary, buys something, and looks at it.
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { open, start, toCheckout } from "../e2e/platform.mjs";

const folder = join(dirname(fileURLToPath(import.meta.url)), "../../docs/screens");
await mkdir(folder, { recursive: true });
const platform = await start();
try {
  const { page } = await open(platform);
  const shot = (name) => page.screenshot({ path: join(folder, `${name}.png`) });
  await page.goto(platform.base);
  await page.getByRole("link", { name: "아이폰 17 프로" }).waitFor();
  await shot("store");
  await toCheckout(page, platform, "iphone-17-pro");
  await page.getByRole("button", { name: /결제하기$/ }).click();
  await page.getByRole("img", { name: "기장" }).waitFor();
  await shot("flow");
  const [paid] = (await platform.call("GET", "/payments?limit=1")).body.data;
  await page.goto(`${platform.base}/console/payments/${paid.paymentId}?tab=ledger`);
  await page.getByText("차변 합 = 대변 합").first().waitFor();
  await shot("payment");
  const dark = await open(platform, { theme: "dark" });
  await dark.page.goto(`${platform.base}/console/ledger/trial-balance`);
  await dark.page.getByRole("button", { name: "지금 모두 검사" }).click();
  await dark.page.getByText("전체 검사").waitFor();
  await dark.page.screenshot({ path: join(folder, "proofs.png") });
} finally {
  await platform.stop();
}
