/** How times are shown: in a zone, or as how long ago. One switch for all of the console. */
import { useSyncExternalStore } from "react";
import type { Zone } from "../util/format";

export const CLOCKS = ["seoul", "utc", "relative"] as const;
export type Clock = (typeof CLOCKS)[number];

const KEY = "swelite.zone";
const listeners = new Set<() => void>();
let clock: Clock = read();

function clockOf(text: string | null): Clock {
  return CLOCKS.find((one) => one === text) ?? "seoul";
}

function read(): Clock {
  try {
    return clockOf(localStorage.getItem(KEY));
  } catch {
    return "seoul";
  }
}

export function setClock(text: string) {
  clock = clockOf(text);
  try {
    localStorage.setItem(KEY, clock);
  } catch {
    // Not remembered, then.
  }
  for (const listener of listeners) listener();
}

export function useClock(): Clock {
  return useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => clock,
  );
}

/** The zone of times that are written out. */
export function useZone(): Zone {
  return useClock() === "utc" ? "utc" : "seoul";
}
