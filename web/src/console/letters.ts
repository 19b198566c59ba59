/** Dead letters by kind: how many there are, and when the open ones came. */
import type { Schemas } from "../api/client";

type Letter = Pick<Schemas["DeadLetter"], "errorType" | "timestamp">;
type Counted = Schemas["DeadLetterCount"];

export interface Group {
  errorType: string;
  count: number;
  /** When the first came; `null` where not all of them were read. */
  first: string | null;
  last: string | null;
}

/** How many are in a state and of a kind; without either, in all. */
export function countedOf(counts: Counted[], { state, errorType }: { state?: string; errorType?: string }) {
  return counts
    .filter((one) => (!state || one.state === state) && (!errorType || one.errorType === errorType))
    .reduce((sum, one) => sum + one.count, 0);
}

/** The open ones by kind, the most frequent first; `letters` are the latest of them. */
export function groupsOf(counts: Counted[], letters: Letter[]): Group[] {
  const open = counts.filter((one) => one.state === "OPEN" && one.count > 0);
  const groups = open.map(({ errorType, count }) => {
    const times = letters.filter((one) => one.errorType === errorType).map((one) => one.timestamp);
    times.sort();
    return {
      errorType,
      count,
      first: times.length >= count ? (times[0] ?? null) : null,
      last: times.at(-1) ?? null,
    };
  });
  return groups.sort((a, b) => b.count - a.count);
}
