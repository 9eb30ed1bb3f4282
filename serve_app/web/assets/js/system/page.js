/** System: what serves now, and how fast. Asked for every two seconds while somebody looks. */

import { get } from "../api.js";
import { h, replace } from "../dom.js";
import { milliseconds, number, percent } from "../format.js";
import { problem, waiting } from "../parts.js";
import { driftPanel, llmPanel, modelCard, trafficPanel } from "./panels.js";
import { Sparkline } from "./sparkline.js";

const EVERY_MS = 2000;
/** A last request longer ago than what the service keeps: its clock and ours differ. */
const CLOCKS_AGREE_S = 200;

export function systemPage({ root, signal }) {
  document.title = "System · Trending Now";
  const page = new System(signal);
  root.append(page.element);
  page.start();
}

class System {
  constructor(signal) {
    this.signal = signal;
    this.paused = false;
    this.lines = [
      [new Sparkline("Requests a second", (value) => number(Math.round(value * 10) / 10)), ({ requests }) => requests],
      [new Sparkline("Median latency", milliseconds), ({ requests, p50_ms: p50 }) => (requests ? p50 : null)],
      [new Sparkline("95th percentile", milliseconds), ({ requests, p95_ms: p95 }) => (requests ? p95 : null)],
      [new Sparkline("Failed", percent), ({ requests, errors }) => (requests ? errors / requests : 0)],
    ];
    this.models = h("ul", { class: "models" });
    this.traffic = h("div", {});
    this.llm = h("div", {});
    this.drift = h("div", {});
    this.message = h("div", {}, waiting("Asking the service"));
    this.body = h("div", { class: "system-body", hidden: true }, ...this.sections());
    this.pause = h("button", { type: "button", "aria-pressed": "false", on: { click: () => this.toggle() } }, "Pause");
    this.element = h(
      "div",
      { class: "narrow system-page" },
      h("div", { class: "system-head" }, h("h1", {}, "What serves now"), this.pause),
      this.message,
      this.body,
    );
  }

  sections() {
    const section = (name, id, ...inside) => h("section", { "aria-labelledby": id }, h("h2", { id }, name), inside);
    return [
      section("Traffic of this gateway", "s-vitals", h("div", { class: "sparks" }, this.lines.map(([line]) => line.element))),
      section("Who answers", "s-traffic", this.traffic),
      section("Classifiers", "s-models", this.models),
      h("div", { class: "columns" }, section("Language model", "s-llm", this.llm), section("Drift", "s-drift", this.drift)),
    ];
  }

  start() {
    document.addEventListener("visibilitychange", () => this.wake(), { signal: this.signal });
    this.signal.addEventListener("abort", () => clearTimeout(this.timer));
    this.ask();
  }

  async ask() {
    clearTimeout(this.timer);
    if (this.asking) return;
    this.asking = true;
    try {
      this.show(await get("/v1/system", this.signal));
    } catch (error) {
      if (!this.signal.aborted) replace(this.message, problem(error, () => this.ask()));
    } finally {
      this.asking = false;
      this.plan();
    }
  }

  plan() {
    if (this.signal.aborted || this.paused || document.hidden) return;
    this.timer = setTimeout(() => this.ask(), EVERY_MS);
  }

  wake() {
    if (document.hidden) clearTimeout(this.timer);
    else if (!this.paused) this.ask();
  }

  toggle() {
    this.paused = !this.paused;
    this.pause.setAttribute("aria-pressed", String(this.paused));
    this.pause.textContent = this.paused ? "Paused" : "Pause";
    if (this.paused) clearTimeout(this.timer);
    else this.ask();
  }

  show(state) {
    replace(this.message);
    this.body.hidden = false;
    const vitals = everySecond(state.vitals, Math.floor(Date.now() / 1000) - 1);
    for (const [line, valueOf] of this.lines) {
      line.show(vitals.map((vital) => ({ at: vital.at, value: valueOf(vital) })));
    }
    const shown = JSON.stringify({ ...state, vitals: null });
    if (shown === this.shown) return;
    this.shown = shown;
    const cards = state.models.map((model) => modelCard(model, state.policy));
    replace(this.models, cards.length ? cards : h("li", { class: "soft" }, "None is loaded."));
    replace(this.traffic, trafficPanel(state.policy));
    replace(this.llm, llmPanel(state.llm));
    replace(this.drift, driftPanel(state.drift));
  }
}

/** The service tells of seconds that had requests; those in between, and those since, had none. */
function everySecond(vitals, now) {
  const whole = [];
  const quiet = (until) => {
    for (let at = whole[whole.length - 1].at + 1; at < until; at += 1) whole.push({ at, requests: 0, errors: 0 });
  };
  for (const vital of vitals) {
    if (whole.length) quiet(vital.at);
    whole.push(vital);
  }
  if (whole.length && now - whole[whole.length - 1].at < CLOCKS_AGREE_S) quiet(now + 1);
  return whole;
}
