/** Holds the event stream of all tabs: a browser allows a host six connections, and a tab that waits for one is stuck. */
import { Hub, type Told, type Wanted } from "./liveHub";

/** From a tab: to watch under a number of its own, to stop that, or to stop everything because it goes away. */
export type Asked = { id: number; wanted?: Wanted } | { leave: true };
export interface Answer {
  id: number;
  told: Told;
}

const hub = new Hub((address) => new EventSource(address) as never);

self.addEventListener("connect", (event) => {
  const [port] = (event as MessageEvent).ports;
  if (!port) return;
  const watching = new Map<number, () => void>();
  const leave = () => {
    for (const stop of watching.values()) stop();
    watching.clear();
  };
  port.onmessage = ({ data }: MessageEvent<Asked>) => {
    if ("leave" in data) return leave();
    const { id, wanted } = data;
    watching.get(id)?.();
    watching.delete(id);
    if (!wanted) return;
    const tell = (told: Told) => port.postMessage({ id, told } satisfies Answer);
    watching.set(id, hub.watch(wanted, tell));
  };
  // Where a browser says that a tab is gone without its own word.
  port.addEventListener("close", leave);
});
