/** A document is called after its first heading: tabs, bookmarks and screen readers tell pages apart by it. */
import { useEffect } from "react";

export function useTitle(site: string) {
  useEffect(() => {
    const name = () => {
      const heading = document.querySelector("h1")?.textContent?.trim();
      const title = heading ? `${heading} · ${site}` : site;
      if (document.title !== title) document.title = title;
    };
    name();
    const watch = new MutationObserver(name);
    watch.observe(document.body, { childList: true, subtree: true, characterData: true });
    return () => watch.disconnect();
  }, [site]);
}
