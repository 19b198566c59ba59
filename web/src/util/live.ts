/** The platform's event stream, as a hook. The browser reconnects by itself and goes on where it was lost. */
import { useEffect, useRef, useState } from "react";

export type LiveState = "connecting" | "open" | "lost" | "off";

export interface PlatformEvent {
  id: string;
  topic: string;
  paymentId: number;
  occurredAt: string;
  envelope: unknown;
}

const TOPICS = [
  "payment.authorized",
  "payment.captured",
  "payment.refunded",
  "payment.voided",
  "payment.expired",
  "payment.declined",
];

/** Calls `onEvents` with what was committed since the last frame: many events a second still cost one render. */
export function useLive(onEvents: (events: PlatformEvent[]) => void, query = "", on = true): LiveState {
  const [state, setState] = useState<LiveState>("connecting");
  const callback = useRef(onEvents);
  callback.current = onEvents;
  useEffect(() => {
    if (!on || typeof EventSource === "undefined") return;
    const source = new EventSource(`/events/stream${query}`);
    let waiting: PlatformEvent[] = [];
    let frame: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      frame = undefined;
      const events = waiting;
      waiting = [];
      callback.current(events);
    };
    const note = (message: MessageEvent<string>) => {
      waiting.push(JSON.parse(message.data) as PlatformEvent);
      if (waiting.length > 500) waiting = waiting.slice(-500);
      frame ??= setTimeout(flush, 150);
    };
    for (const topic of TOPICS) source.addEventListener(topic, note);
    source.onopen = () => setState("open");
    source.onerror = () => setState("lost");
    return () => {
      clearTimeout(frame);
      source.close();
    };
  }, [query, on]);
  return on ? state : "off";
}
