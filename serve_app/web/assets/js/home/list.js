/** The chart's titles as tables, in the same groups and order: for reading, and for those who do not see the chart. */

import { h, replace } from "../dom.js";
import { genreClass } from "../genres.js";
import { capital, kindName, number, score } from "../format.js";
import { titleAddress } from "../router.js";
import { groupTitles } from "./groups.js";

const FIRST = { alone: 30, grouped: 6 };
const MORE = 50;
const COLUMNS = [
  ["Title"],
  ["Year", "num"],
  ["Kind", "wide"],
  ["Platform", "wide"],
  ["Genres"],
  ["Vibe", "num"],
  ["Tags", "wide"],
];

export class List {
  /** `onMark(id | null)`: a row is pointed at or focused. */
  constructor(onMark) {
    this.onMark = onMark;
    this.sections = h("div", { class: "sections" });
    this.heading = h("h2", { id: "list-title" }, "The same titles as a list");
    this.element = h("section", { class: "list", "aria-labelledby": "list-title" }, this.heading, this.sections);
    for (const type of ["pointerover", "focusin"]) this.sections.addEventListener(type, ({ target }) => this.hover(target));
    for (const type of ["pointerleave", "focusout"]) this.sections.addEventListener(type, () => onMark(null));
  }

  show(titles, by) {
    const { groups, of } = groupTitles(titles, by);
    const members = groups.map(() => []);
    titles.forEach((title, i) => members[of[i]].push(title));
    replace(this.sections, groups.map((group, i) => section(group, members[i])));
  }

  /** Let the row of a title stand out, where it is shown. */
  mark(id) {
    this.sections.querySelector("tr.marked")?.classList.remove("marked");
    if (id) this.sections.querySelector(`tr[data-id="${CSS.escape(id)}"]`)?.classList.add("marked");
  }

  hover(target) {
    const row = target.closest("tr[data-id]");
    if (row) this.onMark(row.dataset.id);
  }
}

function section({ label, count }, titles) {
  const body = h("tbody", {});
  const more = h("button", { type: "button", class: "more", on: { click: () => grow(MORE) } });
  const grow = (by) => {
    const from = body.children.length;
    body.append(...titles.slice(from, from + by).map(row));
    const left = titles.length - body.children.length;
    more.hidden = left === 0;
    more.textContent = `Show ${number(Math.min(MORE, left))} more of ${number(titles.length)}${label ? `: ${label}` : ""}`;
    if (from) body.children[from]?.querySelector("a").focus();
  };
  grow(label ? FIRST.grouped : FIRST.alone);
  const caption = label
    ? h("caption", {}, label, h("span", {}, number(count)))
    : h("caption", { class: "unseen" }, "Titles");
  return h("div", { class: "section" }, h("table", { class: "titles" }, caption, head(), body), more);
}

function head() {
  return h("thead", {}, h("tr", {}, COLUMNS.map(([name, place]) => h("th", { scope: "col", class: place }, name))));
}

function row(title) {
  const first = title.genres[0];
  return h(
    "tr",
    { "data-id": title.title_id },
    h(
      "th",
      { scope: "row" },
      h("i", { class: `dot ${genreClass(first)}`, "aria-hidden": "true" }),
      h("a", { href: titleAddress(title.title_id) }, title.title),
    ),
    h("td", { class: "num" }, title.release_year ?? "–"),
    h("td", { class: "wide" }, kindName(title.kind)),
    h("td", { class: "wide" }, capital(title.platform)),
    h("td", { class: "genres" }, title.genres.join(", ") || "–"),
    h("td", { class: "num vibe" }, score(title.vibe_score)),
    h("td", { class: "wide soft" }, title.vibe_tags.slice(0, 4).join(", ")),
  );
}
