/** Genres as bars; choosing one marks the words of the plot that decided for it. */

import { h, replace } from "../dom.js";
import { genreClass } from "../genres.js";
import { bar, rankedGenres } from "../parts.js";

/** `{ bars, plot }`: two elements that belong together. `why`: genre -> [{ word, weight }]. */
export function whyGenres(answer, plot) {
  const text = h("p", { class: "plot" }, plot);
  const others = h("p", { class: "note elsewhere", role: "status" });
  const buttons = [];
  const choose = (genre) => {
    const words = wordsFor(answer.why?.[genre]);
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.genre === genre));
    const found = mark(text, plot, words, genre);
    replace(others, ...sayWhere(genre, words, found));
  };
  const ranked = rankedGenres(answer);
  const bars = h(
    "div",
    { class: "bars", role: "group", "aria-label": "Genres and their probabilities" },
    ranked.map((entry) => {
      const inside = bar(entry.genre, entry.probability, entry);
      if (!answer.why?.[entry.genre]?.length) return h("div", { class: "bar-row" }, inside);
      const on = { click: () => choose(entry.genre) };
      const button = h(
        "button",
        { type: "button", class: "bar-row", "data-genre": entry.genre, "aria-pressed": "false", on },
        inside,
      );
      buttons.push(button);
      return button;
    }),
  );
  if (buttons.length) choose(buttons[0].dataset.genre);
  return { bars, plot: h("div", {}, text, others) };
}

function wordsFor(entries) {
  const words = new Map();
  for (const entry of entries ?? []) {
    const [word, weight] = Array.isArray(entry) ? entry : [entry.word, entry.weight];
    if (weight > 0) words.set(word.toLowerCase(), Math.max(weight, words.get(word.toLowerCase()) ?? 0));
  }
  return words;
}

/** Mark the words in the text; returns those that were found. */
function mark(element, plot, words, genre) {
  const found = new Set();
  const most = Math.max(...words.values(), 1e-9);
  const pieces = plot.split(/([\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*)/u).map((piece, i) => {
    const weight = i % 2 ? words.get(piece.toLowerCase()) : undefined;
    if (weight === undefined) return piece;
    found.add(piece.toLowerCase());
    const share = weight / most;
    const style = { "--mark": `${Math.round(8 + 24 * share)}%`, "--thickness": `${1 + Math.round(3 * share)}px` };
    return h("mark", { class: genreClass(genre), style }, piece);
  });
  replace(element, pieces);
  return found;
}

function sayWhere(genre, words, found) {
  if (!words.size) return [`No single word decides for ${genre}.`];
  const elsewhere = [...words.keys()].filter((word) => !found.has(word));
  const marked = found.size
    ? `The marked words speak for ${genre}; the stronger the mark, the more.`
    : `What speaks for ${genre} is not in the plot.`;
  return [marked, elsewhere.length ? ` In the title or reviews: ${elsewhere.join(", ")}.` : ""];
}
