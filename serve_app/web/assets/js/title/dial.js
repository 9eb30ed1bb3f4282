/** The vibe score as a bubble with a ring: the bubble of the chart, read closely. */

import { h, svg } from "../dom.js";
import { genreClass } from "../genres.js";
import { score, scoreBasis } from "../format.js";

const RADIUS = 54;
const TURN = 2 * Math.PI * RADIUS;

/** `value` 1 to 10, or null. */
export function dial(value, basis, genre) {
  const share = value === null ? 0 : Math.max(0.02, (value - 1) / 9);
  const ring = (name, dash) =>
    svg("circle", { class: name, cx: 64, cy: 64, r: RADIUS, "stroke-dasharray": dash, transform: "rotate(-90 64 64)" });
  const picture = svg(
    "svg",
    { viewBox: "0 0 128 128", "aria-hidden": "true", focusable: "false" },
    svg("circle", { class: "dial-bubble", cx: 64, cy: 64, r: 14 + 28 * share }),
    ring("dial-track", null),
    value !== null && ring("dial-ring", `${share * TURN} ${TURN}`),
  );
  return h(
    "div",
    { class: `dial ${genreClass(genre)}` },
    picture,
    h(
      "p",
      { class: "dial-words" },
      h("span", { class: "dial-value" }, h("b", {}, score(value)), value === null ? "" : " of 10"),
      h("span", { class: "dial-name" }, "Vibe score"),
      h("span", { class: "soft note" }, capitalised(scoreBasis(basis))),
    ),
  );
}

function capitalised(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
