/** Whether something has been as it is for a while. */
import { useEffect, useState } from "react";

/** By this browser's own clock, since it was first seen so: the server may have another clock. */
export function useStill(what: string | undefined, ms: number): boolean {
  const [still, setStill] = useState<string>();
  useEffect(() => {
    if (what === undefined) return;
    const timer = setTimeout(() => setStill(what), ms);
    return () => clearTimeout(timer);
  }, [what, ms]);
  return what !== undefined && still === what;
}
