/** Keys of the console. Single keys can be switched off; with a modifier they always work. */
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import type { TextKey } from "./words";

/** What the sheet of shortcuts lists. */
export const SHORTCUTS: [keys: string, what: TextKey][] = [
  ["Ctrl K", "keyPalette"],
  ["/", "keyFilter"],
  ["J", "keyDown"],
  ["K", "keyUp"],
  ["Enter", "keyOpen"],
  ["X", "keyChoose"],
  ["[ ]", "keyBeside"],
  [".", "keyActs"],
  ["G C", "keyCapture"],
  ["G R", "keyRefund"],
  ["E", "keyExport"],
  ["R", "keyRefresh"],
  ["P", "keyPause"],
  ["?", "keySheet"],
  ["Esc", "keyClose"],
];

const STORED = "swelite.keys";

export function singleKeys(): boolean {
  try {
    return localStorage.getItem(STORED) !== "off";
  } catch {
    return true;
  }
}

export function setSingleKeys(on: boolean) {
  try {
    localStorage.setItem(STORED, on ? "on" : "off");
  } catch {
    // Not remembered, then.
  }
}

/** Presses the first button that is marked so, if there is one. */
function press(mark: string) {
  document.querySelector<HTMLButtonElement>(`[data-key="${mark}"]`)?.click();
}

/** The row whose link should be focused next, `step` rows on from the one that is. */
export function rowAfter(current: number, count: number, step: number): number {
  if (count === 0) return -1;
  if (current === -1) return step > 0 ? 0 : count - 1;
  return Math.min(count - 1, Math.max(0, current + step));
}

function moveRow(step: number) {
  const rows = [...document.querySelectorAll("main tbody tr")];
  const links = rows
    .map((row) => row.querySelector<HTMLElement>("a, button"))
    .filter((link) => link !== null);
  const current = links.findIndex((link) => link.closest("tr")?.contains(document.activeElement));
  links[rowAfter(current, links.length, step)]?.focus();
}

export type Sheet = "palette" | "keys" | null;

/** Chooses the row the focus is in, or not any more. */
function chooseRow() {
  const row = document.activeElement?.closest("main tbody tr");
  row?.querySelector<HTMLInputElement>("input[type=checkbox]")?.click();
}

/** Listens as long as the console is there; gives back which sheet is open. */
export function useShortcuts(): [Sheet, (sheet: Sheet) => void] {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [sheet, setSheet] = useState<Sheet>(null);
  const leader = useRef(0);
  useEffect(() => {
    const plain: Record<string, () => void> = {
      "/": () => {
        const box = document.querySelector<HTMLInputElement>("[data-filter]");
        if (box) box.focus();
        else void navigate({ to: "/console/payments" as never });
      },
      j: () => moveRow(1),
      k: () => moveRow(-1),
      x: chooseRow,
      e: () => press("export"),
      p: () => press("pause"),
      "[": () => press("earlier"),
      "]": () => press("later"),
      ".": () => document.querySelector<HTMLElement>("[data-acts] :is(button, a)")?.focus(),
      r: () => void client.invalidateQueries(),
      "?": () => setSheet("keys"),
    };
    const key = (event: KeyboardEvent) => {
      const pressed = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      if ((event.ctrlKey || event.metaKey) && pressed === "k") {
        event.preventDefault();
        setSheet("palette");
        return;
      }
      const typing =
        event.target instanceof HTMLElement &&
        event.target.closest("input:not([type=checkbox]), textarea, select, [role=dialog]");
      if (typing || event.ctrlKey || event.metaKey || event.altKey || !singleKeys()) return;
      const led = event.timeStamp - leader.current < 1200;
      leader.current = pressed === "g" ? event.timeStamp : 0;
      const act = led && pressed === "c" ? "capture" : led && pressed === "r" ? "refund" : null;
      const run = act ? () => press(act) : plain[pressed];
      if (!run) return;
      event.preventDefault();
      run();
    };
    window.addEventListener("keydown", key);
    return () => window.removeEventListener("keydown", key);
  }, [navigate, client]);
  return [sheet, setSheet];
}
