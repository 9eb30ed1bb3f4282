/** The API key: asked for when the service wants one, kept as long as the tab. */

import { h, replace } from "./dom.js";

const NAME = "api-key";
let asking = null;

export function heldKey() {
  return sessionStorage.getItem(NAME) ?? "";
}

/** True once a key was entered, false if the person would not. Requests that fail together share one dialog. */
export function askForKey(why, signal) {
  asking ??= dialog(why).finally(() => {
    asking = null;
  });
  return Promise.race([asking, aborted(signal)]);
}

function dialog(why) {
  return new Promise((resolve) => {
    const field = h("input", { id: "key", type: "password", autocomplete: "off", required: true, spellcheck: "false" });
    const box = h("dialog", { class: "key-dialog", "aria-labelledby": "key-title", "aria-describedby": "key-why" });
    const form = h(
      "form",
      { method: "dialog", on: { submit: () => sessionStorage.setItem(NAME, field.value.trim()) } },
      h("h2", { id: "key-title" }, "This service asks for an API key"),
      h("p", { id: "key-why", class: "soft" }, why, " It stays in this tab, and is forgotten when you close it."),
      h("label", { for: "key" }, "API key"),
      field,
      h(
        "div",
        { class: "actions" },
        h("button", { type: "submit", class: "primary", value: "use" }, "Use this key"),
        h("button", { type: "button", on: { click: () => box.close("") } }, "Not now"),
      ),
    );
    box.addEventListener("close", () => {
      box.remove();
      resolve(box.returnValue === "use");
    });
    replace(box, form);
    document.body.append(box);
    box.showModal();
  });
}

function aborted(signal) {
  return new Promise((resolve) => signal?.addEventListener("abort", () => resolve(false), { once: true }));
}
