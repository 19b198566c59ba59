/** What stands in the forms on the page, and what stood in them when a session ended. */

/** Where the latter waits for whoever typed it: in this tab, so that the page for signing in may be loaded anew. */
const PLACE = "swelite.drafts";

interface Kept {
  who: string;
  values: Record<string, unknown>;
}

const typing = new Map<string, unknown>();

function read(): Kept | null {
  try {
    return JSON.parse(sessionStorage.getItem(PLACE) ?? "null") as Kept | null;
  } catch {
    return null;
  }
}

function write(kept: Kept | null) {
  try {
    if (kept && Object.keys(kept.values).length > 0) sessionStorage.setItem(PLACE, JSON.stringify(kept));
    else sessionStorage.removeItem(PLACE);
  } catch {
    // Not remembered, then.
  }
}

/** Notes what stands in a form; `undefined` when the form is gone. */
export function noteDraft(key: string, value: unknown) {
  if (value === undefined) typing.delete(key);
  else typing.set(key, value);
}

/** Puts aside what stands in the forms, for whoever typed it. */
export function keepDrafts(who: string) {
  if (typing.size > 0) write({ who, values: Object.fromEntries(typing) });
}

/** Nothing of it is wanted any more. */
export function dropDrafts() {
  typing.clear();
  write(null);
}

/** Somebody has signed in: what another one had typed does not wait any longer. */
export function claimDrafts(who: string) {
  const kept = read();
  if (kept && kept.who !== who) write(null);
}

/** What `who` had typed there, once. Somebody else's is nobody's. */
export function takeDraft(key: string, who: string | undefined): unknown {
  const kept = read();
  if (!kept || kept.who !== who) return undefined;
  const { [key]: value, ...rest } = kept.values;
  write({ who, values: rest });
  return value;
}
