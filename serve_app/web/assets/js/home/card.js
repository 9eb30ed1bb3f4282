/** The card beside the marked bubble. */

import { h, replace } from "../dom.js";
import { genreChip, tagList } from "../parts.js";
import { capital, kindName, score } from "../format.js";

export class Card {
  constructor() {
    this.element = h("div", { class: "card", id: "card", role: "tooltip", hidden: true });
  }

  /** Show `title` beside the place `{ x, y, r }` in a stage of `width` and `height`. */
  show(title, place, { width, height }) {
    replace(this.element, ...inside(title));
    this.element.hidden = false;
    const { offsetWidth: w, offsetHeight: own } = this.element;
    const right = place.x + place.r + 12;
    const x = right + w <= width ? right : Math.max(0, Math.min(width - w, place.x - place.r - 12 - w));
    const y = Math.max(0, Math.min(height - own, place.y - own / 2));
    this.element.style.setProperty("transform", `translate(${Math.round(x)}px, ${Math.round(y)}px)`);
  }

  hide() {
    this.element.hidden = true;
  }
}

/** The card's words, for those who listen. */
export function spoken(title) {
  const vibe = title.vibe_score === null ? "not scored" : `vibe score ${score(title.vibe_score)}`;
  return [title.title, title.release_year, kindName(title.kind), title.genres.join(", "), vibe].filter(Boolean).join(", ");
}

function inside(title) {
  const about = [title.release_year, kindName(title.kind), capital(title.platform)].filter(Boolean).join(" · ");
  return [
    h("p", { class: "card-title" }, title.title),
    h("p", { class: "soft" }, about),
    h("p", { class: "chips" }, title.genres.length ? title.genres.map(genreChip) : "No genre yet"),
    h(
      "p",
      { class: "card-score" },
      h("b", {}, score(title.vibe_score)),
      title.vibe_score === null ? " not scored yet" : " vibe score of 10",
    ),
    title.vibe_tags.length > 0 && tagList(title.vibe_tags.slice(0, 5)),
    h("p", { class: "note" }, "Choose it to read more"),
  ];
}
