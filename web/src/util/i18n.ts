/** Two languages. A text exists in both or the build fails: `words` demands the same keys on both sides. */
import { useCallback, useSyncExternalStore } from "react";

export type Lang = "ko" | "en";
type Params = Record<string, string | number>;
export type Words<K extends string> = { ko: Record<K, string>; en: Record<K, string> };
export type Say<K extends string> = (key: K, params?: Params) => string;

const listeners = new Set<() => void>();

/** Declares texts: Korean first, English with exactly the same keys. */
export function words<K extends string>(ko: Record<K, string>, en: Record<NoInfer<K>, string>): Words<K> {
  return { ko, en };
}

export function currentLang(): Lang {
  return document.documentElement.lang === "en" ? "en" : "ko";
}

export function setLang(lang: Lang) {
  document.documentElement.lang = lang;
  try {
    localStorage.setItem("swelite.lang", lang);
  } catch {
    // Not remembered, then.
  }
  for (const listener of listeners) listener();
}

export function useLang(): Lang {
  return useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    currentLang,
    currentLang,
  );
}

/** A text in a language, its `{names}` filled in. English may say `{n|item|items}`. */
export function say<K extends string>(texts: Words<K>, lang: Lang, key: K, params: Params = {}): string {
  return texts[lang][key].replace(
    /\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g,
    (_, name: string, one?: string, many?: string) => {
      const value = params[name];
      if (one !== undefined && many !== undefined) return Number(value) === 1 ? one : many;
      return value === undefined ? `{${name}}` : String(value);
    },
  );
}

export function useWords<K extends string>(texts: Words<K>): Say<K> {
  const lang = useLang();
  return useCallback((key: K, params?: Params) => say(texts, lang, key, params), [texts, lang]);
}
