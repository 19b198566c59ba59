/** Language and brightness: remembered in this browser. */
import { useSyncExternalStore } from "react";
import { setLang, useLang, useWords } from "../util/i18n";
import { IconButton } from "./parts";
import s from "./ui.module.css";
import { common } from "./words";

export function LanguageButton() {
  const t = useWords(common);
  const lang = useLang();
  const other = lang === "ko" ? "en" : "ko";
  return (
    <button
      type="button"
      className={s.iconButton}
      lang={other}
      aria-label={`${t("language")}: ${t("languageLabel")}`}
      onClick={() => setLang(other)}
    >
      <span className={s.languageName}>{t("language")}</span>
    </button>
  );
}

function isDark(): boolean {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : (window.matchMedia?.("(prefers-color-scheme: dark)").matches ?? false);
}

const themed = new Set<() => void>();

/** A page that was drawn without a browser is a light one. */
function useDark(): boolean {
  return useSyncExternalStore(
    (changed) => {
      const system = window.matchMedia?.("(prefers-color-scheme: dark)");
      themed.add(changed);
      system?.addEventListener("change", changed);
      return () => {
        themed.delete(changed);
        system?.removeEventListener("change", changed);
      };
    },
    isDark,
    () => false,
  );
}

export function ThemeButton() {
  const t = useWords(common);
  const dark = useDark();
  const toggle = () => {
    const theme = dark ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem("swelite.theme", theme);
    } catch {
      // Not remembered, then.
    }
    for (const changed of themed) changed();
  };
  return (
    <IconButton
      icon={dark ? "sun" : "moon"}
      label={dark ? t("themeLight") : t("themeDark")}
      onClick={toggle}
    />
  );
}
