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

/** A moment as it is typed: a day, or a day with a time; and how long what it names lasts. */
const MOMENT = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2})(:\d{2})?)?$/;
const DAY_MS = 86_400_000;

/** When it begins and ends in Seoul, where days begin for merchants here. */
function moment(text: string): { begin: number; end: number } | null {
  const [, day, minute, second] = MOMENT.exec(text) ?? [];
  if (!day) return null;
  const begin = Date.parse(`${day}T${minute ?? "00:00"}${second ?? ":00"}+09:00`);
  const lasts = second ? 1000 : minute ? 60_000 : DAY_MS;
  return Number.isNaN(begin) ? null : { begin, end: begin + lasts };
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

/** `2026-11-01`, `2026-11-01..2026-11-22`, `2026-11-01T09:30..`: what it begins and ends with is included. */
function times(text: string): { from?: string; to?: string } | null {
  const [first = "", last = first] = text.split("..");
  const [begin, end] = [moment(first), moment(last)];
  const isWrong = (typed: string, read: unknown) => typed !== "" && !read;
  if (isWrong(first, begin) || isWrong(last, end) || (!begin && !end)) return null;
  return {
    from: begin ? new Date(begin.begin).toISOString() : undefined,
    to: end ? new Date(end.end).toISOString() : undefined,
  };
}

function created(text: string, query: PaymentQuery): boolean {
  const read = times(text);
  if (read?.from) query.createdFrom = read.from;
  if (read?.to) query.createdTo = read.to;
  return read !== null;
}

function updated(text: string, query: PaymentQuery): boolean {
  const read = times(text);
  if (read?.from) query.updatedFrom = read.from;
  if (read?.to) query.updatedTo = read.to;
  return read !== null;
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
    case "updated":
      return updated(value, query);
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
