/** The payment filter as one types it: `status:CAPTURED amount:>1000000 merchant:M123 created:2026-11-01..2026-11-22`. */
import type { paths } from "../api/schema";
import { isStatus, type PaymentStatus } from "../ui/status";

export type PaymentQuery = NonNullable<paths["/payments"]["get"]["parameters"]["query"]>;

export interface Parsed {
  query: PaymentQuery;
  /** Words that are no condition. */
  unknown: string[];
  /** A bare number: one wants that payment. */
  payment: number | null;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Midnight in Seoul, where days begin for merchants here. */
function midnight(day: string, plusDays = 0): string | null {
  if (!DAY.test(day)) return null;
  const at = Date.parse(`${day}T00:00:00+09:00`) + plusDays * 86_400_000;
  return Number.isNaN(at) ? null : new Date(at).toISOString();
}

function amounts(text: string, query: PaymentQuery): boolean {
  const range = /^(\d+)\.\.(\d+)$/.exec(text);
  const bound = /^(>=|<=|>|<)?(\d+)$/.exec(text);
  if (range) {
    query.amountMin = Number(range[1]);
    query.amountMax = Number(range[2]);
    return true;
  }
  if (!bound) return false;
  const amount = Number(bound[2]);
  if (bound[1] === ">") query.amountMin = amount + 1;
  else if (bound[1] === ">=") query.amountMin = amount;
  else if (bound[1] === "<") query.amountMax = amount - 1;
  else if (bound[1] === "<=") query.amountMax = amount;
  else {
    query.amountMin = amount;
    query.amountMax = amount;
  }
  return true;
}

function created(text: string, query: PaymentQuery): boolean {
  const [from = "", to = from] = text.split("..");
  const [begin, end] = [midnight(from), midnight(to, 1)];
  if (!begin || !end) return false;
  query.createdFrom = begin;
  query.createdTo = end;
  return true;
}

function condition(name: string, value: string, query: PaymentQuery): boolean {
  switch (name) {
    case "status": {
      const statuses = value.toUpperCase().split(",");
      if (!statuses.every(isStatus)) return false;
      query.status = [...(query.status ?? []), ...(statuses as PaymentStatus[])];
      return true;
    }
    case "amount":
      return amounts(value, query);
    case "created":
      return created(value, query);
    case "merchant":
      query.merchantId = value;
      return true;
    case "order":
      query.orderId = value;
      return true;
    case "currency":
      query.currency = value.toUpperCase();
      return /^[A-Za-z]{3}$/.test(value);
    default:
      return false;
  }
}

export function tokens(text: string): string[] {
  return text.trim().split(/\s+/).filter(Boolean);
}

export function parse(text: string): Parsed {
  const query: PaymentQuery = {};
  const unknown: string[] = [];
  let payment: number | null = null;
  for (const token of tokens(text)) {
    const colon = token.indexOf(":");
    const known =
      colon > 0 &&
      colon < token.length - 1 &&
      condition(token.slice(0, colon), token.slice(colon + 1), query);
    if (known) continue;
    if (/^#?\d{1,16}$/.test(token)) payment = Number(token.replace("#", ""));
    else unknown.push(token);
  }
  return { query, unknown, payment };
}

/** Named filters. */
export const VIEWS = {
  view_all: "",
  view_open: "status:AUTHORIZED,PARTIALLY_CAPTURED",
  view_done: "status:CAPTURED",
  view_failed: "status:DECLINED,VOIDED,EXPIRED",
  view_refunds: "status:REFUNDED,PARTIALLY_REFUNDED",
  view_check: "status:PROCESSING",
} as const;
export type View = keyof typeof VIEWS;
