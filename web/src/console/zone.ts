/** In which time zone times are shown: one switch for all of the console. */
import { useSyncExternalStore } from "react";
import type { Zone } from "../util/format";

const KEY = "swelite.zone";
const listeners = new Set<() => void>();
let zone: Zone = read();

function read(): Zone {
  try {
    return localStorage.getItem(KEY) === "utc" ? "utc" : "seoul";
  } catch {
    return "seoul";
  }
}

export function setZone(next: Zone) {
  zone = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Not remembered, then.
  }
  for (const listener of listeners) listener();
}

export function useZone(): Zone {
  return useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => zone,
  );
}
