// Writes the home page as a page: its words and drawings in both languages, its style and its first script, so that it can be
// drawn with its first bytes and nobody waits for anything else to read it. The client brings the same markup to life. The
// server answers `/` with it, and allows what stands in it by its hash.
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { JSDOM } from "jsdom";
import { build } from "vite";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
const scratch = join(root, "node_modules/.prerender");
const LIMIT_SECONDS = 60;

/** The store as a module one can call, made as the pages are made: its class names are theirs. */
async function store() {
  await build({
    root,
    logLevel: "warn",
    build: {
      outDir: scratch,
      emptyOutDir: true,
      modulePreload: false,
      rolldownOptions: {
        input: join(root, "src/store/prerender.tsx"),
        preserveEntrySignatures: "strict",
        output: { entryFileNames: "prerender.mjs" },
      },
    },
  });
  return import(pathToFileURL(join(scratch, "prerender.mjs")).href);
}

/** A browser's names, as far as drawing once needs them. Nothing is asked of a server. */
function pretendBrowser() {
  const { window } = new JSDOM("<!doctype html><html><body></body></html>", { url: "http://localhost/" });
  const never = () => new Promise(() => {});
  const names = { window, self: window, fetch: never, scrollTo: () => {} };
  for (const name of ["document", "navigator", "location", "history", "localStorage", "sessionStorage"]) {
    names[name] = window[name];
  }
  for (const name of ["HTMLElement", "Element", "Node", "HTMLIFrameElement", "addEventListener"]) {
    names[name] = typeof window[name] === "function" ? window[name] : undefined;
  }
  window.scrollTo = names.scrollTo;
  for (const [name, value] of Object.entries(names)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
}

/** Class names of the page that no style sheet knows: it would look like nothing. */
async function strangers(markup) {
  let css = "";
  for (const name of await readdir(join(dist, "assets"))) {
    if (name.endsWith(".css")) css += await readFile(join(dist, "assets", name), "utf8");
  }
  const used = [...markup.matchAll(/class="([^"]+)"/g)].flatMap((match) => match[1].split(/\s+/));
  return [...new Set(used)].filter((name) => name.startsWith("_") && !css.includes(`.${name}`));
}

const overdue = setTimeout(() => {
  console.error(`prerender: not drawn in ${LIMIT_SECONDS} s`);
  process.exit(1);
}, LIMIT_SECONDS * 1000);
pretendBrowser();
const { draw } = await store();
const catalogue = join(root, "../crates/server/src/http/shop/catalogue.json");
const products = JSON.parse(await readFile(catalogue, "utf8"));
let markup = "";
for (const lang of ["ko", "en"]) {
  markup += `<div class="prerendered" lang="${lang}">${await draw(lang, products)}</div>`;
}
const unknown = await strangers(markup);
if (/ style="/.test(markup))
  throw new Error("prerender: a style attribute, which the content policy forbids");
if (unknown.length > 0) throw new Error(`prerender: no style for ${unknown.join(", ")}`);

/** `page` with the file that `tag` names written in its place. */
async function inlined(page, tag, element) {
  const [whole, name] = page.match(tag) ?? [];
  if (!whole) throw new Error(`prerender: index.html has no ${tag}`);
  const text = (await readFile(join(dist, name), "utf8")).trim();
  if (text.includes(`</${element}`)) throw new Error(`prerender: ${name} would end its own element`);
  return page.replace(whole, () => `<${element}>${text}</${element}>`);
}

let page = await readFile(join(dist, "index.html"), "utf8");
page = await inlined(page, /<script src="\/(theme\.js)"><\/script>/, "script");
const SHEET = /<link rel="stylesheet"[^>]* href="\/([^"]+)">/;
let known = "";
while (SHEET.test(page)) {
  // A page that is loaded later looks for the sheets it needs among the links: a disabled one is found and never fetched.
  known += `<link disabled rel="stylesheet" href="/${page.match(SHEET)[1]}">`;
  page = await inlined(page, SHEET, "style");
}
page = page.replace("</head>", () => `${known}</head>`);
// The words are there: scripts may wait until they can be seen.
const patient = page.replaceAll(
  /<(script type="module"|link rel="modulepreload")/g,
  '<$1 fetchpriority="low"',
);
const home = patient.replace('<div id="root"></div>', () => `<div id="root">${markup}</div>`);
if (home === patient || patient === page)
  throw new Error("prerender: index.html has no empty root or no script");
await writeFile(join(dist, "home.html"), home);
await rm(scratch, { recursive: true });
clearTimeout(overdue);
console.log(`prerender: home.html ${(home.length / 1024).toFixed(1)} kB`);
process.exit(0);
