// What a first visit costs, in compressed bytes. More than the budget fails the build.
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const dist = join(dirname(fileURLToPath(import.meta.url)), "../dist");
const KB = 1024;
const size = async (path) => gzipSync(await readFile(join(dist, path)), { level: 9 }).length;

/** The files an entry asks for at once: its own and those it preloads. */
async function entry(page) {
  const html = await readFile(join(dist, page), "utf8");
  const files = [...html.matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g)].map((match) => match[1]);
  const of = async (kind) => {
    let sum = 0;
    for (const file of new Set(files.filter((name) => name.endsWith(kind)))) sum += await size(file);
    return sum;
  };
  return { files, js: await of(".js"), css: await of(".css") };
}

const store = await entry("index.html");
const console_ = await entry("console.html");
const first = new Set([...store.files, ...console_.files]);
const rows = [
  ["store, first load, JS", store.js, 150 * KB],
  ["console shell, JS", console_.js, 200 * KB],
  ["store, CSS", store.css, 15 * KB],
  ["console, CSS", console_.css, 15 * KB],
];
for (const name of await readdir(join(dist, "assets"))) {
  if (!/\.js$/.test(name) || first.has(`assets/${name}`)) continue;
  rows.push([`route ${name}`, await size(`assets/${name}`), 50 * KB]);
}
let failed = false;
for (const [name, bytes, budget] of rows) {
  const over = bytes > budget;
  failed ||= over;
  console.log(
    `${over ? "✕" : "✓"} ${name.padEnd(44)} ${(bytes / KB).toFixed(1).padStart(6)} kB of ${budget / KB}`,
  );
}
if (failed) process.exit(1);
