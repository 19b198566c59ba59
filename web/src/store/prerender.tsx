/** Draws the home page once at build time, so that it can be read before any script has arrived (`scripts/prerender.mjs`). */
import { createRoot } from "react-dom/client";
import "../ui/base.css";
import type { Lang } from "../util/i18n";
import { App, makeClient } from "./App";
import { type Product, productsQuery } from "./queries";
import { makeRouter } from "./router";

export async function draw(lang: Lang, products: Product[]): Promise<string> {
  document.documentElement.lang = lang;
  const client = makeClient();
  client.setQueryData(productsQuery.queryKey, products);
  const router = makeRouter();
  await router.load();
  const root = document.createElement("div");
  document.body.append(root);
  const drawn = createRoot(root);
  drawn.render(<App client={client} router={router} />);
  while (root.querySelectorAll("h2 a").length < products.length) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const markup = root.innerHTML;
  drawn.unmount();
  client.clear();
  return markup;
}
