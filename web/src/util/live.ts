/** The platform's event stream, as a hook: one for all tabs of a browser. It is taken up again where it was lost. */
import { useEffect, useRef, useState } from "react";
import { Hub, type LiveState, type PlatformEvent, type Tell, type Wanted } from "./liveHub";
import type { Answer, Asked } from "./liveWorker";

export type { LiveState, PlatformEvent };

type Watch = (wanted: Wanted, tell: Tell) => () => void;

/** A stream of this tab's own. */
function ofThisTab(): Watch {
  const hub = new Hub((address) => new EventSource(address) as never);
  return (wanted, tell) => hub.watch(wanted, tell);
}

/** The stream all tabs share; one of this tab's own where that cannot be had. */
function ofAllTabs(): Watch {
  const worker = new SharedWorker(new URL("./liveWorker.ts", import.meta.url), {
    type: "module",
    name: "swelite events",
  });
  const ask = (asked: Asked) => worker.port.postMessage(asked);
  const watching = new Map<number, { wanted: Wanted; tell: Tell; stop?: () => void }>();
  let last = 0;
  let own: Watch | undefined;
  worker.port.onmessage = ({ data }: MessageEvent<Answer>) => watching.get(data.id)?.tell(data.told);
  worker.onerror = () => {
    const watch = ofThisTab();
    own = watch;
    for (const one of watching.values()) one.stop = watch(one.wanted, one.tell);
  };
  window.addEventListener("pagehide", () => ask({ leave: true }));
  window.addEventListener("pageshow", ({ persisted }) => {
    if (persisted) for (const [id, { wanted }] of watching) ask({ id, wanted });
  });
  return (wanted, tell) => {
    last += 1;
    const id = last;
    watching.set(id, { wanted, tell, stop: own?.(wanted, tell) });
    if (!own) ask({ id, wanted });
    return () => {
      watching.get(id)?.stop?.();
      watching.delete(id);
      ask({ id });
    };
  };
}

let known: Watch | undefined;

function watch(): Watch {
  known ??= typeof SharedWorker === "undefined" ? ofThisTab() : ofAllTabs();
  return known;
}

/** Calls `onEvents` with what was committed since the last time; with nothing when a lost stream is there again, because what
 * happened meanwhile may have to be read. */
export function useLive(
  onEvents: (events: PlatformEvent[]) => void,
  { merchantId, paymentId }: Wanted = {},
  on = true,
): LiveState {
  const [state, setState] = useState<LiveState>("connecting");
  const callback = useRef(onEvents);
  callback.current = onEvents;
  useEffect(() => {
    if (!on || typeof EventSource === "undefined") return;
    let before: LiveState = "connecting";
    return watch()({ merchantId, paymentId }, (told) => {
      if ("events" in told) return callback.current(told.events);
      if (before === "lost" && told.state === "open") callback.current([]);
      before = told.state;
      setState(told.state);
    });
  }, [merchantId, paymentId, on]);
  return on ? state : "off";
}
