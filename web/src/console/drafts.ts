/** What stands in the forms on the page, and what stood in them when a session ended. */

const typing = new Map<string, unknown>();
let kept: { who: string; values: Map<string, unknown> } | null = null;

/** Notes what stands in a form; `undefined` when the form is gone. */
export function noteDraft(key: string, value: unknown) {
  if (value === undefined) typing.delete(key);
  else typing.set(key, value);
}

/** Puts aside what stands in the forms, for whoever typed it. */
export function keepDrafts(who: string) {
  if (typing.size > 0) kept = { who, values: new Map(typing) };
}

/** Nothing of it is wanted any more. */
export function dropDrafts() {
  typing.clear();
  kept = null;
}

/** What `who` had typed there, once. Somebody else's is nobody's. */
export function takeDraft(key: string, who: string | undefined): unknown {
  if (!kept || kept.who !== who) return undefined;
  const value = kept.values.get(key);
  kept.values.delete(key);
  return value;
}
