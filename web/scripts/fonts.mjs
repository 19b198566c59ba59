// Cuts the fonts down to what the pages write: of Pretendard one file of Latin letters and digits that is loaded at once and one
// of the Korean syllables of our own texts, of JetBrains Mono what ids and JSON are made of. What people type falls back to their
// system's font.
import { copyFile, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import subsetFont from "subset-font";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const pretendard = join(root, "node_modules/pretendard");
const source = join(pretendard, "dist/web/variable/woff2/PretendardVariable.woff2");
const mono = join(root, "node_modules/@fontsource/jetbrains-mono");
const monoSource = join(mono, "files/jetbrains-mono-latin-400-normal.woff2");
const out = join(root, "src/fonts");

async function texts(folder) {
  const found = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await texts(path)));
    else if (/\.(tsx?|rs|tsv|js|html|json)$/.test(entry.name) && entry.name !== "schema.ts") {
      found.push(await readFile(path, "utf8"));
    }
  }
  return found;
}

const server = join(root, "../crates/server/src/http");
const all = [
  ...(await texts(join(root, "src"))),
  await readFile(join(server, "shop/catalogue.json"), "utf8"),
  // The pages that the server writes itself.
  ...(await texts(join(server, "docs"))),
  ...(await texts(join(server, "pages"))),
].join("");
const letters = new Set(all);
const latin = [...Array(95).keys()].map((code) => String.fromCharCode(code + 32)).join("");
const signs = "₩–—…·×→←↑↓−“”‘’€£¥°²㎡℃";
const korean = [...letters]
  .filter((letter) => /[ㄱ-ㆎ가-힣]/.test(letter))
  .sort()
  .join("");

await mkdir(out, { recursive: true });
const stamp = join(out, "letters.txt");
const wanted = `${latin}${signs}\n${korean}\n${monoSource.slice(root.length)}`;
const same = await readFile(stamp, "utf8").then(
  (known) => known === wanted,
  () => false,
);
if (same) {
  console.log("fonts: up to date");
} else {
  const variationAxes = { wght: { min: 400, max: 700 } };
  for (const [name, from, text, options] of [
    ["pretendard-latin", source, latin + signs, { variationAxes }],
    ["pretendard-korean", source, korean, { variationAxes }],
    ["mono", monoSource, `${latin}–—…·×→←−•₩`, {}],
  ]) {
    const cut = await subsetFont(await readFile(from), text, { targetFormat: "woff2", ...options });
    await writeFile(join(out, `${name}.woff2`), cut);
    console.log(`fonts: ${name} ${[...text].length} glyphs ${(cut.length / 1024).toFixed(1)} kB`);
  }
  await copyFile(join(pretendard, "dist/LICENSE.txt"), join(root, "public/pretendard-license.txt"));
  await copyFile(join(mono, "LICENSE"), join(root, "public/jetbrains-mono-license.txt"));
  await writeFile(stamp, wanted);
}
await stat(join(out, "pretendard-latin.woff2"));
