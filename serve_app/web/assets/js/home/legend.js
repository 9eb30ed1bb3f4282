/** What colours and sizes mean. A genre that is pressed stands out in the chart. */

import { h } from "../dom.js";
import { GENRES, genreClass } from "../genres.js";

/** `onLight(number | null)` is told which genre should stand out. */
export function legend(onLight) {
  let pressed = null;
  const buttons = GENRES.map((genre, number) => {
    const press = () => {
      pressed = pressed === number ? null : number;
      buttons.forEach((button, other) => button.setAttribute("aria-pressed", String(other === pressed)));
      onLight(pressed);
    };
    return h(
      "button",
      {
        type: "button",
        class: genreClass(genre),
        "aria-pressed": "false",
        on: { click: press, pointerenter: () => onLight(number), pointerleave: () => onLight(pressed) },
      },
      h("i", { class: "dot", "aria-hidden": "true" }),
      genre,
    );
  });
  const sizes = [3, 6, 9].map((score) => h("span", {}, h("i", { class: `size size-${score}`, "aria-hidden": "true" }), String(score)));
  return h(
    "div",
    { class: "legend" },
    h("div", { class: "legend-genres", role: "group", "aria-label": "Let a genre stand out" }, buttons),
    h("p", { class: "legend-sizes" }, "Vibe score ", sizes, h("span", {}, h("i", { class: "size hollow", "aria-hidden": "true" }), "not scored")),
  );
}
