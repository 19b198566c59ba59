// Before the first paint: light or dark, as it was chosen on the other pages. The language is in the address.
"use strict";

try {
  const theme = localStorage.getItem("swelite.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is off: the system's.
}
