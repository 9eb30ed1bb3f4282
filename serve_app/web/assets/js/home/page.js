/** Home: recent titles as bubbles, and as a list. */

import { announce, h, replace } from "../dom.js";
import { number, plural } from "../format.js";
import { problem, waiting } from "../parts.js";
import { go, titleAddress } from "../router.js";
import { Card, spoken } from "./card.js";
import { Chart } from "./chart.js";
import { Filters } from "./filters.js";
import { legend } from "./legend.js";
import { List } from "./list.js";
import { loadFacets, loadTitles, MOST } from "./loading.js";
import { addressOf, cleared, GROUPINGS, readQuery } from "./query.js";

const KEYS =
  "Arrow keys go from bubble to bubble, Enter opens the title, plus and minus zoom. " +
  "The list below has the same titles.";

export function homePage({ root, signal }) {
  document.title = "Trending Now";
  new Home(root, signal).start();
}

class Home {
  constructor(root, signal) {
    this.signal = signal;
    this.query = readQuery(location.search);
    this.titles = [];
    this.card = new Card();
    this.chart = new Chart({ signal, onMark: (...what) => this.marked(...what), onOpen: open });
    this.list = new List((id) => this.chart.markTitle(id));
    this.filters = new Filters({ signal, onChange: (query) => this.change(query) });
    this.count = h("p", { class: "lede", id: "count", role: "status" });
    this.message = h("div", { class: "message" });
    this.groupings = h("div", { class: "groupings", role: "group", "aria-label": "Group the bubbles by" });
    root.append(...this.layout());
  }

  layout() {
    const { stage, zoom } = this.chart;
    this.figure = h("div", { class: "chart" }, stage, this.card.element, zoom.buttons, this.message);
    return [
      h("div", { class: "home-head" }, h("h1", {}, "What is new, and how it was received"), this.count),
      this.filters.element,
      h(
        "div",
        { class: "group-row" },
        h("span", { class: "group-word", "aria-hidden": "true" }, "Group by"),
        this.groupings,
      ),
      this.figure,
      h("p", { class: "unseen", id: "chart-keys" }, KEYS),
      legend((number) => this.chart.light(number)),
      this.list.element,
    ];
  }

  start() {
    this.remember();
    this.filters.show(this.query);
    this.showGroupings();
    this.load();
    loadFacets(this.signal).then(
      (facets) => this.filters.show(this.query, facets),
      () => {}, // The titles' own request tells what is wrong; without facets there are fewer filters.
    );
  }

  change(query) {
    this.query = query;
    this.remember();
    this.filters.show(query);
    this.load();
  }

  regroup(key) {
    this.query = { ...this.query, group: key };
    this.remember();
    this.showGroupings();
    this.show();
    const label = GROUPINGS.find((grouping) => grouping.key === key).label;
    announce(key === "none" ? "All titles together" : `Grouped by ${label.toLowerCase()}`);
  }

  /** In the address, and for the way back from a title. */
  remember() {
    const address = addressOf(this.query);
    history.replaceState(null, "", address);
    sessionStorage.setItem("home", address);
  }

  showGroupings() {
    const make = ({ key, label }) =>
      h("button", { type: "button", "data-group": key, on: { click: () => this.regroup(key) } }, label);
    if (!this.groupings.children.length) replace(this.groupings, GROUPINGS.map(make));
    for (const button of this.groupings.children) {
      button.setAttribute("aria-pressed", String(button.dataset.group === this.query.group));
    }
  }

  async load() {
    this.loading?.abort();
    const loading = (this.loading = new AbortController());
    this.signal.addEventListener("abort", () => loading.abort(), { once: true });
    this.figure.setAttribute("aria-busy", "true");
    if (!this.titles.length) replace(this.message, waiting("Fetching titles"));
    try {
      await loadTitles(this.query, loading.signal, (titles, total, last) => this.arrived(titles, total, last));
    } catch (error) {
      if (!loading.signal.aborted) this.failed(error);
    }
  }

  arrived(titles, total, last) {
    this.titles = titles;
    this.total = total;
    if (last) this.figure.removeAttribute("aria-busy");
    if (last || titles.length <= 500) this.show();
  }

  show() {
    const { titles, query, total } = this;
    replace(this.message, titles.length ? null : this.nothing());
    this.figure.classList.toggle("empty", !titles.length);
    this.chart.show(titles, query.group);
    this.list.show(titles, query.group);
    this.list.element.hidden = !titles.length;
    replace(this.count, ...countOf(total, query));
  }

  nothing() {
    const clear = () => {
      this.filters.search.value = "";
      this.change(cleared(this.query));
    };
    return h(
      "div",
      { class: "problem" },
      h("h2", {}, "No title is like that"),
      h("p", {}, "Take a filter away, or search for other words."),
      h("button", { type: "button", on: { click: clear } }, "Show all titles"),
    );
  }

  failed(error) {
    this.figure.removeAttribute("aria-busy");
    this.titles = [];
    this.total = 0;
    this.show();
    replace(this.count);
    replace(this.message, problem(error, () => this.load()));
  }

  marked(title, by) {
    if (by !== "list") this.list.mark(title?.title_id ?? null);
    if (!title) return this.card.hide();
    const { chart } = this;
    if (by === "keyboard") announce(spoken(title));
    if (by === "list" && !inSight(chart.stage)) return this.card.hide();
    return this.card.show(title, chart.whereIs(chart.marked), { width: chart.width, height: chart.height });
  }
}

function countOf(total, { q }) {
  const shown = total > MOST ? `, the first ${number(MOST)} shown` : "";
  const found = q ? ` for “${q}”` : "";
  return [`${plural(total, "title")}${found}${shown}. The larger the bubble, the better people liked it.`];
}

function inSight(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > 60 && top < innerHeight - 60;
}

function open(title) {
  go(titleAddress(title.title_id));
}
