/** The time a list of payments is asked about: which of a payment's times, from when to when. It stands in the filter's text. */
import { tokens } from "./filter";

export type Basis = "created" | "updated";

const DAY = /^\d{4}-\d{2}-\d{2}$/;

function wordsOf(text: string, basis: Basis): string[] {
  return tokens(text).filter((token) => token.startsWith(`${basis}:`));
}

/** What is asked for; else what the text itself asks about. */
export function basisOf(text: string, asked: string | undefined): Basis {
  if (asked === "updated" || asked === "created") return asked;
  const isUpdated = wordsOf(text, "updated").length > 0 && wordsOf(text, "created").length === 0;
  return isUpdated ? "updated" : "created";
}

export interface Span {
  from: string;
  to: string;
}

/** From when to when, as it was typed; nothing where all times are wanted. */
export function spanOf(text: string, basis: Basis): Span | null {
  const typed = wordsOf(text, basis)
    .at(-1)
    ?.slice(basis.length + 1);
  if (!typed) return null;
  const [from = "", to = from] = typed.split("..");
  return { from, to };
}

/** The days of a span, for controls that know days only. */
export function daysOf(span: Span | null): Span {
  const day = (at = "") => (DAY.test(at) ? at : "");
  return { from: day(span?.from), to: day(span?.to) };
}

/** The text with another span, or with none. Days that were given the wrong way round are turned. */
export function withSpan(text: string, basis: Basis, { from, to }: Span): string {
  const rest = tokens(text).filter((token) => !/^(created|updated):/.test(token));
  const [first, last] = from && to && from > to ? [to, from] : [from, to];
  if (!first && !last) return rest.join(" ");
  return [...rest, `${basis}:${first === last ? first : `${first}..${last}`}`].join(" ");
}

/** The same span of the other time. */
export function withBasis(text: string, basis: Basis): string {
  const other = basis === "created" ? "updated" : "created";
  if (wordsOf(text, basis).length > 0) return text;
  const renamed = tokens(text).map((token) =>
    token.startsWith(`${other}:`) ? `${basis}:${token.slice(other.length + 1)}` : token,
  );
  return renamed.join(" ");
}

/** The last `days` days of Seoul, today included. */
export function lastDays(days: number, now: number): Span {
  const day = (ago: number) => new Date(now + 9 * 3_600_000 - ago * 86_400_000).toISOString().slice(0, 10);
  return { from: day(days - 1), to: day(0) };
}
