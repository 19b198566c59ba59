/** The store's entry. */
import { createRoot, hydrateRoot } from "react-dom/client";
import "../ui/base.css";
import { currentLang } from "../util/i18n";
import { App, makeClient } from "./App";
import { productsQuery } from "./queries";
import { makeRouter } from "./router";

/** How long a page that can already be read is kept before it is replaced by one that may still wait for its data. */
const KEEP_MS = 4000;

const client = makeClient();
const router = makeRouter();

// Asked for before the first render: the home page waits for nothing else.
const products = client.prefetchQuery(productsQuery);

/** The page in the chosen language as the server sent it; the other one is not needed any more. */
function sent(root: HTMLElement): HTMLElement | null {
  let found: HTMLElement | null = null;
  for (const page of root.querySelectorAll<HTMLElement>(":scope > .prerendered")) {
    if (page.lang === currentLang()) found = page;
    else page.remove();
  }
  return found;
}

async function begin(root: HTMLElement) {
  const app = <App client={client} router={router} />;
  if (!root.querySelector(".prerendered")) {
    createRoot(root).render(app);
    return;
  }
  // The server sent the page itself, readable and with working links: it stays, and comes to life where it stands.
  const late = new Promise<"late">((resolve) => setTimeout(resolve, KEEP_MS, "late"));
  const ready = await Promise.race([Promise.all([products, router.load()]), late]);
  const page = sent(root);
  if (page && ready !== "late" && client.getQueryData(productsQuery.queryKey)) {
    // From here on its language is the application's.
    page.removeAttribute("lang");
    page.className = "";
    hydrateRoot(page, app);
  } else {
    root.replaceChildren();
    createRoot(root).render(app);
  }
}

const root = document.getElementById("root");
if (root) void begin(root);
