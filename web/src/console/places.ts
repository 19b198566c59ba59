/** Where one can go in the console, what one can do there, and how a few typed letters find it. */
import { parse, tokens } from "./filter";

export interface Place {
  to: string;
  name: string;
  /** Not a page of this application. */
  outside?: boolean;
  /** Something to do here, instead of a place. */
  run?: () => void;
}

/** What a thing that is named by its id is called. */
export type Named = "goPayment" | "goEntry" | "goRequest" | "goMerchant" | "goOrder" | "goFilter";
type Call = (named: Named, id: string) => string;

const MERCHANT = /^[A-Za-z0-9._-]{2,32}$/;
const ORDER = /^\S{2,64}$/;

function list(q: string): string {
  return `/console/payments?${new URLSearchParams({ q })}`;
}

/** What an id may be of; the surest first. */
function byId(text: string, call: Call): Place[] {
  const payment = /^#?(\d{1,16})$/.exec(text)?.[1];
  if (payment) return [{ to: `/console/payments/${payment}`, name: call("goPayment", payment) }];
  if (/^\d+-\d+$/.test(text)) return [{ to: `/console/ledger/entries/${text}`, name: call("goEntry", text) }];
  if (/^req_\w+$/i.test(text))
    return [{ to: `/dev/requests?request=${text}`, name: call("goRequest", text) }];
  return [];
}

/** Payments that what was typed may be a condition of. */
function byCondition(text: string, call: Call): Place[] {
  if (text.includes(":")) {
    const isFilter = tokens(text).length > 0 && parse(text).unknown.length === 0;
    return isFilter ? [{ to: list(text), name: call("goFilter", text) }] : [];
  }
  const found: Place[] = [];
  if (MERCHANT.test(text)) found.push({ to: list(`merchant:${text}`), name: call("goMerchant", text) });
  if (ORDER.test(text)) found.push({ to: list(`order:${text}`), name: call("goOrder", text) });
  return found;
}

/** Places whose name or address has the letters; an id is what it names first of all. */
export function found(places: Place[], typed: string, call: Call): Place[] {
  const text = typed.trim();
  const wanted = text.toLowerCase();
  const hits = places.filter(
    (place) =>
      place.name.toLowerCase().includes(wanted) || (!place.run && place.to.toLowerCase().includes(wanted)),
  );
  const named = byId(text, call);
  return [...named, ...hits, ...(named.length === 0 && text ? byCondition(text, call) : [])];
}
