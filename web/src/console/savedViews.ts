/** Filters of the payments that somebody named. They are this browser's; the address of each is a link for anybody. */
import { useSyncExternalStore } from "react";

export interface SavedView {
  name: string;
  /** What stands behind the `?`. */
  search: string;
}

const KEY = "swelite.views";
const VIEWS_MAX = 20;
const listeners = new Set<() => void>();

/** What was stored; whatever somebody else has written there is no view. */
export function readViews(stored: string | null): SavedView[] {
  let found: unknown;
  try {
    found = JSON.parse(stored ?? "[]");
  } catch {
    return [];
  }
  if (!Array.isArray(found)) return [];
  const isText = (value: unknown) => typeof value === "string";
  return found.filter((one) => isText(one?.name) && isText(one?.search)).slice(0, VIEWS_MAX);
}

/** With one more; a name that is there already means the new one from now on. */
export function withView(views: SavedView[], view: SavedView): SavedView[] {
  return [...views.filter((one) => one.name !== view.name), view].slice(-VIEWS_MAX);
}

function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

let text = stored();
let views = readViews(text);

function current(): SavedView[] {
  const now = stored();
  if (now !== text) {
    text = now;
    views = readViews(text);
  }
  return views;
}

function write(next: SavedView[]) {
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // Not remembered, then.
  }
  for (const listener of listeners) listener();
}

export function saveView(view: SavedView) {
  write(withView(current(), view));
}

export function dropView(name: string) {
  write(current().filter((one) => one.name !== name));
}

function subscribe(changed: () => void) {
  listeners.add(changed);
  // Another tab has written.
  window.addEventListener("storage", changed);
  return () => {
    listeners.delete(changed);
    window.removeEventListener("storage", changed);
  };
}

export function useSavedViews(): SavedView[] {
  return useSyncExternalStore(subscribe, current);
}
