// Before the first paint: the theme and the language that were chosen last. Anything else waits for the application.
(() => {
  const root = document.documentElement;
  try {
    const theme = localStorage.getItem("swelite.theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    const lang = localStorage.getItem("swelite.lang") ?? (navigator.language.startsWith("ko") ? "ko" : "en");
    if (lang === "ko" || lang === "en") root.lang = lang;
  } catch {
    // Storage is off: the system's theme and Korean it is.
  }
})();
