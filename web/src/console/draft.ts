/** What was typed and not sent when the session ended: it is there again when the same operator has signed in. Never for another
 * one, and never after signing out on purpose. */
import { useEffect, useState } from "react";
import { noteDraft, takeDraft } from "./drafts";
import { useSession } from "./session";

/** State of a form that survives the end of a session. `key` names the form and what it is about. */
export function useDraft<T>(key: string, initial: () => T) {
  const who = useSession()?.operator?.name;
  const [value, setValue] = useState<T>(() => (takeDraft(key, who) as T | undefined) ?? initial());
  useEffect(() => noteDraft(key, value), [key, value]);
  useEffect(
    () => () => {
      // Later: the frame that sees that the session is over takes the page away and keeps the drafts in one go.
      queueMicrotask(() => noteDraft(key, undefined));
    },
    [key],
  );
  return [value, setValue] as const;
}
