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
  const size = (name, words) => h("span", {}, h("i", { class: `size ${name}`, "aria-hidden": "true" }), words);
  return h(
    "div",
    { class: "legend" },
    h("div", { class: "legend-genres", role: "group", "aria-label": "Let a genre stand out" }, buttons),
    h(
      "p",
      { class: "legend-sizes" },
      "Vibe score ",
      [3, 6, 9].map((score) => size(`size-${score}`, score)),
      size("hollow", "not scored"),
    ),
  );
}
