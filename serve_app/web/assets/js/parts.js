/** Pieces that several pages show. */

import { h } from "./dom.js";
import { genreClass } from "./genres.js";
import { percent } from "./format.js";

/** Name of a genre with its colour. */
export function genreChip(genre) {
  return h("span", { class: `chip ${genreClass(genre)}` }, h("i", { class: "dot", "aria-hidden": "true" }), genre);
}

/** Vibe tags. */
export function tagList(tags) {
  return h("ul", { class: "tags", "aria-label": "Vibe tags" }, tags.map((tag) => h("li", {}, tag)));
}

/** Probability of a genre as a bar. */
export function bar(genre, probability, { assigned = true } = {}) {
  const fill = h("i", { style: { width: `${Math.max(1, Math.min(100, probability * 100))}%` } });
  return h(
    "span",
    { class: `bar ${genreClass(genre)}${assigned ? "" : " weak"}` },
    h("span", { class: "bar-name" }, genre),
    h("span", { class: "bar-track", "aria-hidden": "true" }, fill),
    h("span", { class: "bar-value" }, percent(probability)),
  );
}

/** What went wrong, and a way on. */
export function problem(error, retry) {
  const wait = error.retryAfter ? `Try again in ${error.retryAfter} s. ` : "";
  return h(
    "div",
    { class: "problem", role: "alert" },
    h("h2", {}, error.title ?? "Something went wrong"),
    h("p", {}, wait, error.message),
    error.fields?.length > 0 &&
      h("ul", {}, error.fields.map((field) => h("li", {}, `${(field.loc ?? []).join(".")}: ${field.msg}`))),
    error.requestId && h("p", { class: "note" }, "Request ", h("code", {}, error.requestId)),
    retry && h("button", { type: "button", on: { click: retry } }, "Try again"),
  );
}

/** Placeholder while something is fetched. */
export function waiting(text) {
  return h("p", { class: "waiting", role: "status" }, h("span", { class: "pulse", "aria-hidden": "true" }), text);
}

/** Genres and their probabilities, the assigned first, then the most probable of the others. */
export function rankedGenres(answer, others = 3) {
  const listed = (answer.genres ?? []).map((entry) => (typeof entry === "string" ? { genre: entry } : entry));
  const assigned = listed.map(({ genre, probability }) => [genre, probability ?? answer.probabilities?.[genre] ?? 0]);
  const names = new Set(assigned.map(([genre]) => genre));
  const rest = Object.entries(answer.probabilities ?? {})
    .filter(([genre]) => !names.has(genre))
    .sort((a, b) => b[1] - a[1])
    .slice(0, others);
  return [
    ...assigned.map(([genre, probability]) => ({ genre, probability, assigned: true })),
    ...rest.map(([genre, probability]) => ({ genre, probability, assigned: false })),
  ];
}
