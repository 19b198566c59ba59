/** How many payments a view has. */
import type { Schemas } from "../api/client";
import { grouped } from "../util/format";
import { parse, tokens, VIEWS, type View } from "./filter";

export type Counts = Schemas["PaymentCounts"];

/** The conditions of a text but those on the status, which are a view's. */
export function withoutStatus(text: string): string {
  return tokens(text)
    .filter((token) => !token.startsWith("status:"))
    .join(" ");
}

/** How many a view has: `12`, or `12+` where there may be more than were counted. */
export function countOf(counts: Counts, view: View): string {
  const { status } = parse(VIEWS[view]).query;
  const rows = counts.counts.filter((row) => !status || status.includes(row.status));
  const sum = rows.reduce((before, row) => before + row.count, 0);
  return counts.complete ? grouped(sum) : `${grouped(sum)}+`;
}
