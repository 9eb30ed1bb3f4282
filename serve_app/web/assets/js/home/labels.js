/** Names of the groups over the chart. */

import { h, replace } from "../dom.js";
import { number } from "../format.js";

/** Narrower than this a group's name needs the whole width, so its count gives way; the list below has it. */
const TIGHT = 130;

export class GroupLabels {
  constructor() {
    this.element = h("ul", { class: "group-labels", "aria-label": "Groups" });
    this.entries = [];
  }

  show(groups, cells) {
    const named = groups.length > 1 || groups[0]?.label;
    this.element.hidden = !named;
    if (!named) return replace(this.element);
    this.entries = groups.map((group, i) => ({
      cell: cells[i],
      item: h("li", {}, h("b", {}, group.label), h("span", {}, number(group.count))),
    }));
    return replace(this.element, this.entries.map(({ item }) => item));
  }

  /** Keep to the groups as the chart is zoomed. */
  follow({ x, y, k }) {
    if (this.element.hidden) return;
    for (const { cell, item } of this.entries) {
      item.style.setProperty("transform", `translate(${cell.x * k + x}px, ${cell.top * k + y}px)`);
      item.style.setProperty("max-width", `${cell.w * k}px`);
      item.classList.toggle("tight", cell.w * k < TIGHT);
    }
  }
}
