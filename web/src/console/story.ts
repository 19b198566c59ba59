/** Which kinds of things a timeline shows. They stand in the address; all of them are the rule. */

export const KINDS = ["event", "posted", "act", "parked", "attempt"] as const;
export type Kind = (typeof KINDS)[number];

/** Those of an address; what it does not know is not asked for, and none is all. */
export function kindsOf(text: string | undefined): Kind[] {
  const asked = (text ?? "").split(",");
  const known = KINDS.filter((kind) => asked.includes(kind));
  return known.length > 0 ? known : [...KINDS];
}

/** The address of these; nothing for all of them, or for none. */
export function kindsText(kinds: Kind[]): string | undefined {
  const known = KINDS.filter((kind) => kinds.includes(kind));
  return known.length === 0 || known.length === KINDS.length ? undefined : known.join(",");
}

/** With one more or one less. From all of them, the one that is pressed is the only one. */
export function pressed(kinds: Kind[], kind: Kind): Kind[] {
  if (kinds.length === KINDS.length) return [kind];
  return kinds.includes(kind) ? kinds.filter((one) => one !== kind) : [...kinds, kind];
}
