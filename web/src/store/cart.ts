/** The cart: in this browser only, the same in every tab. It knows what was chosen, never what it costs. */
import { useSyncExternalStore } from "react";

export interface CartLine {
  slug: string;
  color: string;
  option: string;
  quantity: number;
  /** What the page said it cost when it was put in; the server's price is what counts. */
  seen?: number;
}

const KEY = "swelite.cart";
export const QUANTITY_MAX = 5;
export const LINES_MAX = 10;
const listeners = new Set<() => void>();
let cached: { text: string | null; lines: CartLine[] } = { text: null, lines: [] };

function isLine(value: unknown): value is CartLine {
  if (typeof value !== "object" || value === null) return false;
  const line = value as Record<string, unknown>;
  const named = ["slug", "color", "option"].every((name) => typeof line[name] === "string");
  return (
    named &&
    Number.isInteger(line.quantity) &&
    Number(line.quantity) >= 1 &&
    Number(line.quantity) <= QUANTITY_MAX
  );
}

/** The lines of a stored cart; whatever somebody else wrote there is dropped. */
export function parse(text: string | null): CartLine[] {
  try {
    const value: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(value) ? value.filter(isLine).slice(0, LINES_MAX) : [];
  } catch {
    return [];
  }
}

export function readCart(): CartLine[] {
  let text: string | null = null;
  try {
    text = localStorage.getItem(KEY);
  } catch {
    // Storage is off: the cart lives as long as the page.
    return cached.lines;
  }
  if (text !== cached.text) cached = { text, lines: parse(text) };
  return cached.lines;
}

export function writeCart(lines: CartLine[]) {
  const text = JSON.stringify(lines.slice(0, LINES_MAX));
  cached = { text, lines: lines.slice(0, LINES_MAX) };
  try {
    localStorage.setItem(KEY, text);
  } catch {
    // Kept in memory.
  }
  for (const listener of listeners) listener();
}

export function sameVariant(a: CartLine, b: CartLine): boolean {
  return a.slug === b.slug && a.color === b.color && a.option === b.option;
}

/** `lines` with some more of a variant; never more than may be bought. */
export function added(lines: CartLine[], line: CartLine): CartLine[] {
  const known = lines.some((one) => sameVariant(one, line));
  if (!known) return [...lines, line];
  return lines.map((one) =>
    sameVariant(one, line)
      ? { ...line, quantity: Math.min(QUANTITY_MAX, one.quantity + line.quantity) }
      : one,
  );
}

/** What a page shows that was drawn without a browser. */
const NO_LINES: CartLine[] = [];

export function useCart(): CartLine[] {
  return useSyncExternalStore(
    (changed) => {
      const elsewhere = (event: StorageEvent) => event.key === KEY && changed();
      listeners.add(changed);
      window.addEventListener("storage", elsewhere);
      return () => {
        listeners.delete(changed);
        window.removeEventListener("storage", elsewhere);
      };
    },
    readCart,
    () => NO_LINES,
  );
}
