/** Light, dark, or as the system says. */

const ORDER = ["system", "light", "dark"];
const LABELS = { system: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" };
const SIGNS = { system: "◐", light: "☀", dark: "☾" };
const dark = matchMedia("(prefers-color-scheme: dark)");

/** Make `button` go through the themes; `themechange` is fired at the document when colours change. */
export function setUpTheme(button) {
  show(button);
  button.addEventListener("click", () => {
    choose(ORDER[(ORDER.indexOf(chosen()) + 1) % ORDER.length]);
    show(button);
  });
  dark.addEventListener("change", tell);
}

function chosen() {
  return document.documentElement.dataset.theme ?? "system";
}

function choose(theme) {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    if (theme === "system") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {
    // Storage may be forbidden: the choice then lasts as long as this page.
  }
  tell();
}

function show(button) {
  button.textContent = SIGNS[chosen()];
  button.setAttribute("aria-label", LABELS[chosen()]);
  button.title = LABELS[chosen()];
}

function tell() {
  document.dispatchEvent(new Event("themechange"));
}
