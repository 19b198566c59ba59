// Conveniences of the reference page: find, copy, try. Everything can be read without them.
"use strict";

const korean = document.documentElement.lang === "ko";
const say = (ko, en) => (korean ? ko : en);
const make = (name, props = {}, ...children) => {
  const element = Object.assign(document.createElement(name), props);
  element.append(...children);
  return element;
};

// Examples call the server this page came from.
for (const code of document.querySelectorAll("pre > code")) {
  code.textContent = code.textContent.replaceAll("http://127.0.0.1:8080", location.origin);
}

for (const caption of document.querySelectorAll("figure > figcaption")) {
  const button = make("button", { type: "button", textContent: say("복사", "Copy") });
  button.addEventListener("click", async () => {
    const code = caption.parentElement.querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = say("복사했어요", "Copied");
    } catch {
      // Over plain HTTP there is no clipboard to write to: what is wanted is marked, and one key away.
      getSelection().selectAllChildren(code);
      button.textContent = say("Ctrl+C로 복사하세요", "Copy with Ctrl+C");
    }
    setTimeout(() => { button.textContent = say("복사", "Copy"); }, 1500);
  });
  caption.append(button);
}

// The other language, at the same place.
const other = document.querySelector("a.other");
other.addEventListener("click", () => { other.hash = location.hash; });

// Find an entry of the contents; "/" goes there.
const nav = document.querySelector("nav");
const find = make("input", { type: "search", placeholder: `${nav.dataset.find}  /` });
find.setAttribute("aria-label", nav.dataset.find);
nav.prepend(find);
find.addEventListener("input", () => {
  const wanted = find.value.trim().toLowerCase();
  for (const item of nav.querySelectorAll("li")) {
    const link = item.querySelector("a");
    const target = document.getElementById(link.hash.slice(1));
    const text = `${item.textContent} ${target ? target.textContent : ""}`.toLowerCase();
    item.hidden = wanted !== "" && !text.includes(wanted);
  }
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    find.focus();
  }
});

// Marks where the reader is.
const links = new Map([...nav.querySelectorAll("a")].map((link) => [link.hash.slice(1), link]));
const spy = new IntersectionObserver((entries) => {
  for (const entry of entries.filter((entry) => entry.isIntersecting)) {
    nav.querySelector("[aria-current]")?.removeAttribute("aria-current");
    links.get(entry.target.id).setAttribute("aria-current", "true");
  }
}, { rootMargin: "-64px 0px -70% 0px" });
for (const id of links.keys()) {
  const target = document.getElementById(id);
  if (target) spy.observe(target);
}

const pretty = (text) => {
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
};

const field = (name, control) => {
  control.name = name;
  return make("label", {}, name, control);
};

for (const place of document.querySelectorAll(".try")) {
  const { method, path, body, query, label } = place.dataset;
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const inPath = names.map((name) => field(name, make("input", { value: "1", required: true })));
  const inQuery = query ? query.split(",").map((name) => field(name, make("input"))) : [];
  const inBody = body ? [field(say("본문", "Body"), make("textarea", { value: pretty(body), spellcheck: false }))] : [];
  const send = make("button", { type: "submit", textContent: say("보내기", "Send") });
  const answer = make("output");
  const form = make("form", {}, ...inPath, ...inQuery, ...inBody, send, answer);
  place.append(make("details", {}, make("summary", { textContent: label }), form));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    send.disabled = true;
    const filled = inPath.reduce((url, { control }) => url.replace(`{${control.name}}`, encodeURIComponent(control.value)), path);
    const params = new URLSearchParams(inQuery.map(({ control }) => [control.name, control.value]).filter(([, value]) => value));
    const url = params.size ? `${filled}?${params}` : filled;
    const options = body ? { method, headers: { "Content-Type": "application/json" }, body: inBody[0].control.value } : { method };
    const begun = performance.now();
    try {
      const response = await fetch(url, options);
      const text = await response.text();
      const took = `${(performance.now() - begun).toFixed(1)} ms`;
      const notes = ["X-Request-Id", "Idempotent-Replayed", "RateLimit", "Retry-After"]
        .filter((name) => response.headers.has(name))
        .map((name) => `${name}: ${response.headers.get(name)}`);
      const status = make("span", { className: `status ${response.ok ? "good" : "bad"}`, textContent: response.status });
      const code = make("code", { textContent: [...notes, "", pretty(text)].join("\n") });
      answer.replaceChildren(make("p", {}, status, took), make("figure", {}, make("pre", {}, code)));
    } catch {
      answer.replaceChildren(make("p", {}, say("서버에 닿지 못했어요. 실행 중인지 확인하고 다시 보내세요.", "The server cannot be reached. Check that it runs and send again.")));
    } finally {
      send.disabled = false;
    }
  });
}
