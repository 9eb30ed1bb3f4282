/** Search, filters and order: each change is told as a new query. */

import { h, replace } from "../dom.js";
import { capital, kindName, number } from "../format.js";
import { genreClass } from "../genres.js";
import { activeFilters, cleared, LISTS, SORTS } from "./query.js";

const NAMES = { genre: "Genre", platform: "Platform", kind: "Kind", tag: "Vibe tag" };
const RANGES = [
  { name: "Score", from: "min_score", to: "max_score", min: 1, max: 10, step: 0.5 },
  { name: "Year", from: "year_from", to: "year_to", min: 1888, max: 2100, step: 1 },
];
const PREFIXES = { min_score: "score from", max_score: "score to", year_from: "from", year_to: "to" };

export class Filters {
  constructor({ signal, onChange }) {
    this.onChange = onChange;
    this.facets = {};
    this.search = h("input", {
      id: "search",
      type: "search",
      placeholder: "Title or plot",
      maxlength: 200,
      autocomplete: "off",
      on: { input: () => this.later() },
    });
    this.sort = h("select", { id: "sort", on: { change: () => this.change({ sort: this.sort.value }) } });
    replace(this.sort, SORTS.map(({ key, label }) => h("option", { value: key }, label)));
    this.menus = h("div", { class: "menus" });
    this.active = h("ul", { class: "active-filters", "aria-label": "Filters that are on" });
    this.element = h(
      "form",
      { class: "filters", role: "search", "aria-label": "Titles", on: { submit: (event) => this.now(event) } },
      h("div", { class: "field search" }, h("label", { for: "search" }, "Search"), this.search),
      this.menus,
      h("div", { class: "field sort" }, h("label", { for: "sort" }, "Order"), this.sort),
      this.active,
    );
    document.addEventListener("click", (event) => this.shut(event.target), { signal });
    this.element.addEventListener("keydown", (event) => event.key === "Escape" && this.escape(event));
    signal.addEventListener("abort", () => clearTimeout(this.timer));
  }

  /** Show `query`; `facets` are the values that can be chosen. */
  show(query, facets = this.facets) {
    const open = this.menus.querySelector("details[open]")?.dataset.name;
    const held = document.activeElement?.dataset?.choice;
    const remade = facets !== this.facets || !this.menus.children.length;
    this.query = query;
    this.facets = facets;
    if (document.activeElement !== this.search) this.search.value = query.q;
    this.sort.value = query.sort;
    if (remade) replace(this.menus, LISTS.map((name) => this.list(name)), RANGES.map((range) => this.range(range)));
    else this.refresh();
    replace(this.active, this.chips());
    if (open && remade) this.menus.querySelector(`[data-name="${open}"]`).open = true;
    if (held) this.menus.querySelector(`[data-choice="${CSS.escape(held)}"]`)?.focus();
  }

  list(name) {
    const chosen = new Set(this.query[name]);
    const values = this.facets[name] ?? [];
    const missing = [...chosen].filter((value) => !values.some((entry) => entry.value === value));
    const all = [...missing.map((value) => ({ value })), ...values];
    if (!all.length) return null;
    const choices = all.map((entry) => this.choice(name, entry));
    return menu(name, NAMES[name], chosen.size, h("div", { class: "choices" }, choices));
  }

  choice(name, { value, count }) {
    const change = ({ target }) => {
      const others = this.query[name].filter((other) => other !== value);
      this.change({ [name]: target.checked ? [...others, value] : others });
    };
    const box = h("input", {
      type: "checkbox",
      "data-choice": `${name}=${value}`,
      checked: this.query[name].includes(value),
      on: { change },
    });
    return h(
      "label",
      {},
      box,
      name === "genre" && h("i", { class: `dot ${genreClass(value)}`, "aria-hidden": "true" }),
      h("span", {}, shown(name, value)),
      count !== undefined && h("span", { class: "count" }, number(count)),
    );
  }

  range({ name, from, to, min, max, step }) {
    const field = (key, label) => {
      const value = this.query[key] ?? "";
      const input = h("input", { id: `f-${key}`, type: "number", min, max, step, inputmode: "decimal", value });
      input.addEventListener("change", () => {
        if (!input.checkValidity()) return input.reportValidity();
        return this.change({ [key]: input.value === "" ? null : Number(input.value) });
      });
      return h("div", { class: "field" }, h("label", { for: `f-${key}` }, label), input);
    };
    const on = Number(this.query[from] !== null) + Number(this.query[to] !== null);
    return menu(name.toLowerCase(), name, on, h("div", { class: "range" }, field(from, "From"), field(to, "To")));
  }

  /** Bring the menus up to date without making them anew, so that what is open and focused stays. */
  refresh() {
    for (const box of this.menus.querySelectorAll("[data-choice]")) {
      const [name, ...rest] = box.dataset.choice.split("=");
      box.checked = this.query[name].includes(rest.join("="));
    }
    for (const { name, from, to } of RANGES) {
      for (const key of [from, to]) this.menus.querySelector(`#f-${key}`).value = this.query[key] ?? "";
      tally(this.menus, name.toLowerCase(), [from, to].filter((key) => this.query[key] !== null).length);
    }
    for (const name of LISTS) tally(this.menus, name, this.query[name].length);
  }

  chips() {
    const filters = activeFilters(this.query);
    if (!filters.length && !this.query.q) return [];
    const chips = filters.map(({ name, value, without }) => {
      const text = PREFIXES[name] ? `${PREFIXES[name]} ${value}` : shown(name, value);
      const off = () => this.onChange(without);
      const cross = h("span", { "aria-hidden": "true" }, "×");
      const props = { type: "button", "aria-label": `Remove filter: ${text}`, on: { click: off } };
      return h("li", {}, h("button", props, text, cross));
    });
    const clear = () => {
      this.search.value = "";
      this.onChange(cleared(this.query));
    };
    return [...chips, h("li", {}, h("button", { type: "button", class: "plain", on: { click: clear } }, "Clear all"))];
  }

  change(part) {
    this.onChange({ ...this.query, ...part });
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(), 250);
  }

  now(event) {
    event?.preventDefault();
    clearTimeout(this.timer);
    const q = this.search.value.trim();
    if (q !== this.query.q) this.change({ q, sort: q ? "relevance" : "newest" });
  }

  shut(target) {
    for (const details of this.menus.querySelectorAll("details[open]")) {
      if (!details.contains(target)) details.open = false;
    }
  }

  escape(event) {
    const open = this.menus.querySelector("details[open]");
    if (!open) return;
    event.preventDefault();
    open.open = false;
    open.querySelector("summary").focus();
  }
}

function menu(key, name, on, inside) {
  const summary = h("summary", {}, name, h("span", { class: "tally" }, on || ""));
  return h("details", { class: "menu", "data-name": key }, summary, h("div", { class: "drop" }, inside));
}

function tally(menus, key, on) {
  const place = menus.querySelector(`[data-name="${key}"] .tally`);
  if (place) place.textContent = on || "";
}

function shown(name, value) {
  if (name === "kind") return kindName(value);
  return name === "platform" ? capital(value) : value;
}
