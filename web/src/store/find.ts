/** Finding things in a catalogue that fits on a page. */
import type { Lang } from "../util/i18n";
import type { Product } from "./queries";

export interface Wanted {
  q?: string;
  brand?: string;
  category?: string;
  price?: PriceRange;
  storage?: string;
  sort?: "low" | "high";
}

/** Prices people tell apart, in won: from, and below. */
export const PRICES = {
  low: [0, 500_000],
  middle: [500_000, 1_200_000],
  high: [1_200_000, Number.POSITIVE_INFINITY],
} as const;
export type PriceRange = keyof typeof PRICES;

export function isPriceRange(text: unknown): text is PriceRange {
  return typeof text === "string" && Object.hasOwn(PRICES, text);
}

/** How much some of them can store, as their options say, the smallest first. */
export function storages(products: readonly Product[]): { id: string; name: string }[] {
  const options = products
    .flatMap((product) => product.options)
    .filter((one) => /^\d+[GT]B$/.test(one.name.en));
  const size = (name: string) => Number.parseInt(name, 10) * (name.endsWith("TB") ? 1024 : 1);
  const found = new Map(options.map((one) => [one.id, one.name.en]));
  return [...found].map(([id, name]) => ({ id, name })).sort((a, b) => size(a.name) - size(b.name));
}

function within(price: number, range: PriceRange | undefined): boolean {
  if (!range) return true;
  const [from, below] = PRICES[range];
  return price >= from && price < below;
}

function folded(text: string): string {
  return text.toLowerCase().replace(/\s+/g, "");
}

function haystack(product: Product): string {
  return folded([product.name.ko, product.name.en, product.brand, product.slug].join("|"));
}

export function filtered(products: readonly Product[], wanted: Wanted): Product[] {
  const q = folded(wanted.q ?? "");
  const rows = products.filter(
    (product) =>
      (!wanted.category || product.category === wanted.category) &&
      (!wanted.brand || product.brand === wanted.brand) &&
      within(product.price, wanted.price) &&
      (!wanted.storage || storages([product]).some(({ id }) => id === wanted.storage)) &&
      (!q || haystack(product).includes(q)),
  );
  if (!wanted.sort) return rows;
  const direction = wanted.sort === "low" ? 1 : -1;
  return [...rows].sort((a, b) => (a.price - b.price) * direction);
}

/** Hangul as its letters, so that 아이펀 is near 아이폰. */
function letters(text: string): string[] {
  return [...folded(text).normalize("NFD")];
}

function distance(a: string[], b: string[]): number {
  let row = b.map((_, index) => index + 1);
  row.unshift(0);
  for (const [i, x] of a.entries()) {
    const next = [i + 1];
    for (const [j, y] of b.entries()) {
      next.push(Math.min((row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1, (row[j] ?? 0) + (x === y ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The word of the catalogue that is nearest to `q`, when any is near. */
export function closest(products: readonly Product[], q: string, lang: Lang): string | null {
  const wordsOf = (product: Product) => product.name[lang].split(" ").concat(product.brand);
  const words = [...new Set(products.flatMap(wordsOf))].filter((word) => word.length > 1);
  const wanted = letters(q);
  let best: { word: string; away: number } | null = null;
  for (const word of words) {
    const away = distance(wanted, letters(word)) / Math.max(wanted.length, 1);
    if (away < 0.5 && (!best || away < best.away)) best = { word, away };
  }
  return best?.word ?? null;
}
