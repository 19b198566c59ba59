// Cuts Pretendard down to what the pages write: one file of Latin letters and digits that is loaded at once, one of the Korean
// syllables of our own texts. What people type falls back to their system's font.
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import subsetFont from "subset-font";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const pretendard = join(root, "node_modules/pretendard");
const source = join(pretendard, "dist/web/variable/woff2/PretendardVariable.woff2");
const out = join(root, "src/fonts");

async function texts(folder) {
  const found = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await texts(path)));
    else if (/\.(tsx?|html|json)$/.test(entry.name) && entry.name !== "schema.ts") {
      found.push(await readFile(path, "utf8"));
    }
  }
  return found;
}

const catalogue = join(root, "../crates/server/src/http/shop/catalogue.json");
const all = [...(await texts(join(root, "src"))), await readFile(catalogue, "utf8")].join("");
const letters = new Set(all);
const latin = [...Array(95).keys()].map((code) => String.fromCharCode(code + 32)).join("");
const signs = "₩–—…·×→←↑↓−“”‘’€£¥°²㎡℃";
const korean = [...letters]
  .filter((letter) => /[ㄱ-ㆎ가-힣]/.test(letter))
  .sort()
  .join("");

await mkdir(out, { recursive: true });
const stamp = join(out, "letters.txt");
const wanted = `${latin}${signs}\n${korean}`;
const same = await readFile(stamp, "utf8").then(
  (known) => known === wanted,
  () => false,
);
if (same) {
  console.log("fonts: up to date");
} else {
  const font = await readFile(source);
  for (const [name, text] of [
    ["latin", latin + signs],
    ["korean", korean],
  ]) {
    const cut = await subsetFont(font, text, {
      targetFormat: "woff2",
      variationAxes: { wght: { min: 400, max: 700 } },
    });
    await writeFile(join(out, `pretendard-${name}.woff2`), cut);
    console.log(`fonts: ${name} ${[...text].length} glyphs ${(cut.length / 1024).toFixed(1)} kB`);
  }
  const licence = (await readFile(join(pretendard, "dist/LICENSE.txt"), "utf8").catch(() => null)) ?? "";
  if (licence) await writeFile(join(root, "public/pretendard-license.txt"), licence);
  await writeFile(stamp, wanted);
}
await stat(join(out, "pretendard-latin.woff2"));
