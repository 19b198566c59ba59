/** Where one can go in the console, and how a few typed letters find it. */

export interface Place {
  to: string;
  name: string;
  /** Not a page of this application. */
  outside?: boolean;
}

/** Places whose name or address has the letters; a number is a payment first of all. */
export function found(places: Place[], text: string, payment: (id: string) => string): Place[] {
  const wanted = text.trim().toLowerCase();
  const id = /^#?(\d{1,16})$/.exec(wanted)?.[1];
  const hits = places.filter(
    (place) => place.name.toLowerCase().includes(wanted) || place.to.toLowerCase().includes(wanted),
  );
  return id ? [{ to: `/console/payments/${id}`, name: payment(id) }, ...hits] : hits;
}
