/** How the status of an answer is coloured. */
import type { Tone } from "../ui/parts";

export function toneOf(status: number): Tone {
  if (status >= 500) return "bad";
  return status >= 400 ? "warn" : "ok";
}
