/** The store's entry. */
import { createRoot } from "react-dom/client";
import "../ui/base.css";
import { App, makeClient } from "./App";
import { productsQuery } from "./queries";
import { makeRouter } from "./router";

/** How long a page that can already be read is kept before it is replaced by one that may still wait for its data. */
const KEEP_MS = 4000;

const client = makeClient();
const router = makeRouter();

// Asked for before the first render: the home page waits for nothing else.
const products = client.prefetchQuery(productsQuery);

async function begin(root: HTMLElement) {
  if (root.hasChildNodes()) {
    // The server sent the page itself, readable and with working links: it stays until the same can be drawn with life in it.
    const late = new Promise<void>((resolve) => setTimeout(resolve, KEEP_MS));
    await Promise.race([Promise.all([products, router.load()]), late]);
  }
  createRoot(root).render(<App client={client} router={router} />);
}

const root = document.getElementById("root");
if (root) void begin(root);
