/** The running balance of an account's statement: from what it stands at now, back posting by posting. */
import type { Schemas } from "../api/client";

export type Statement = Schemas["Statement"];
export type StatementLine = Schemas["StatementLine"];

export interface Running {
  /** The postings, newest first, each with the balance after it, on the account's normal side. */
  rows: (StatementLine & { balance: number })[];
  /** What stands before the oldest of them, by currency. */
  before: { currency: string; balance: number }[];
}

/** `pages` as they were read, one after the other. */
export function running(pages: Statement[]): Running {
  const first = pages[0];
  const sign = first?.normalSide === "credit" ? -1 : 1;
  const at = new Map(first?.closing?.map(({ currency, balance }) => [currency, balance]));
  const rows = pages
    .flatMap((page) => page.data)
    .map((line) => {
      const balance = at.get(line.account.currency) ?? 0;
      at.set(line.account.currency, balance - sign * line.amount);
      return { ...line, balance };
    });
  return { rows, before: [...at].map(([currency, balance]) => ({ currency, balance })) };
}

/** Whether a statement read to its end does not begin at nothing: something was posted further down while it was read. */
export function hasMoved(pages: Statement[]): boolean {
  if (pages.at(-1)?.nextCursor) return false;
  return running(pages).before.some(({ balance }) => balance !== 0);
}
