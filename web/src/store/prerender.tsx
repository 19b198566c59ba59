/** Draws the home page once at build time, so that it can be read before any script has arrived (`scripts/prerender.mjs`). */
import { renderToString } from "react-dom/server";
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
  const markup = renderToString(<App client={client} router={router} />);
  client.clear();
  const drawn = markup.match(/<h2[^>]*><a /g)?.length ?? 0;
  if (drawn !== products.length) throw new Error(`prerender: ${drawn} of ${products.length} products drawn`);
  return markup;
}
