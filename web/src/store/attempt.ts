/**
 * One logical try to pay. Its name is kept until there is a final answer, so that a double click, a reload and a lost connection
 * all ask for the same payment.
 */
import { newKey } from "../api/client";
import type { CartLine } from "./cart";

export interface Attempt {
  orderNo: string;
  key: string;
  lines: CartLine[];
  expectedAmount: number;
  token: string;
  instalmentMonths: number;
}

const KEY = "swelite.attempt";

export function pendingAttempt(): Attempt | null {
  try {
    const text = sessionStorage.getItem(KEY);
    return text ? (JSON.parse(text) as Attempt) : null;
  } catch {
    return null;
  }
}

export function keepAttempt(attempt: Attempt) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(attempt));
  } catch {
    // Storage is off: the try lives as long as the page.
  }
}

export function forgetAttempt() {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Nothing was kept.
  }
}

/** The kept try if it is this very one, else a new one. */
export function attemptFor(wanted: Omit<Attempt, "key">): Attempt {
  const kept = pendingAttempt();
  return kept && print(kept) === print(wanted) ? kept : { ...wanted, key: newKey("store") };
}

function print({ orderNo, lines, expectedAmount, token, instalmentMonths }: Omit<Attempt, "key">): string {
  return JSON.stringify([
    orderNo,
    lines.map((line) => [line.slug, line.color, line.option, line.quantity]),
    expectedAmount,
    token,
    instalmentMonths,
  ]);
}
