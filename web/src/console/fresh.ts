/** Payments that have come or changed since a list was read: they are counted, and the list stands still until somebody asks. */
import { useState } from "react";
import { type PlatformEvent, useLive } from "../util/live";
import type { PaymentQuery } from "./filter";

type Told = { merchantId?: string; currency?: string; orderId?: string };

/** Whether an event may concern a list: what an event does not tell, such as a status, is not held against it. */
export function concerns({ envelope }: Pick<PlatformEvent, "envelope">, query: PaymentQuery): boolean {
  const told = (envelope ?? {}) as Told;
  const fits = (wanted: string | undefined, has: string | undefined) => !wanted || wanted === has;
  return (
    fits(query.merchantId, told.merchantId) &&
    fits(query.currency, told.currency) &&
    fits(query.orderId, told.orderId)
  );
}

/** How many payments a list would show anew; another `list` begins with none. */
export function useFresh(list: string, query: PaymentQuery) {
  const [known, setKnown] = useState({ list, ids: new Set<number>() });
  const live = useLive((events) => {
    const ids = events.filter((event) => concerns(event, query)).map((event) => event.paymentId);
    if (ids.length === 0) return;
    setKnown((before) => ({ list, ids: new Set([...(before.list === list ? before.ids : []), ...ids]) }));
  });
  return {
    live,
    count: known.list === list ? known.ids.size : 0,
    forget: () => setKnown({ list, ids: new Set() }),
  };
}
