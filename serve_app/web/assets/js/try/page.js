/** Try it: a title, a plot and reviews of your own. */

import { send } from "../api.js";
import { announce, h } from "../dom.js";
import { problem } from "../parts.js";
import { events } from "../sse.js";
import { Answer } from "./answer.js";
import { EXAMPLES } from "./examples.js";

export function tryPage({ root, signal }) {
  document.title = "Try it · Trending Now";
  const page = new Try(signal);
  root.append(page.element);
}

class Try {
  constructor(signal) {
    this.signal = signal;
    this.next = 0;
    this.answer = new Answer();
    this.title = h("input", { id: "t-title", required: true, maxlength: "300", autocomplete: "off" });
    this.plot = h("textarea", { id: "t-plot", rows: "6", required: true });
    this.reviews = h("textarea", { id: "t-reviews", rows: "7", "aria-describedby": "t-reviews-how" });
    this.ask = h("button", { type: "submit", class: "primary" }, "Enrich");
    this.cancel = h("button", { type: "button", disabled: true, on: { click: () => this.running?.abort() } }, "Cancel");
    this.element = h(
      "div",
      { class: "narrow try-page" },
      h("h1", {}, "Try it on a title of your own"),
      h("p", { class: "lede" }, "A plot gives genres. Reviews give a summary, a vibe score and tags. Nothing is kept."),
      h("div", { class: "try-columns" }, this.form(), this.answer.element),
    );
  }

  form() {
    const how = h("p", { class: "note", id: "t-reviews-how" }, "One on each line; none is fine too.");
    return h(
      "form",
      { class: "try-form", on: { submit: (event) => this.submit(event) } },
      field("t-title", "Title", this.title),
      field("t-plot", "Plot", this.plot),
      field("t-reviews", "Reviews", this.reviews, how),
      h(
        "div",
        { class: "actions" },
        this.ask,
        this.cancel,
        h("button", { type: "button", class: "plain", on: { click: () => this.example() } }, "Fill in an example"),
      ),
    );
  }

  example() {
    const { title, plot, reviews } = EXAMPLES[this.next++ % EXAMPLES.length];
    this.title.value = title;
    this.plot.value = plot;
    this.reviews.value = reviews.join("\n");
    this.ask.focus();
  }

  async submit(event) {
    event.preventDefault();
    if (this.running) return;
    this.running = new AbortController();
    const stop = () => this.running?.abort();
    this.signal.addEventListener("abort", stop, { once: true });
    this.busy(true);
    this.answer.begin();
    try {
      await this.stream(this.running.signal);
      announce("The answer is complete.");
    } catch (error) {
      if (this.running.signal.aborted) this.answer.stop("Cancelled. What had arrived is still here.");
      else this.answer.stop("", problem(error));
    } finally {
      this.signal.removeEventListener("abort", stop);
      this.running = null;
      this.busy(false);
    }
  }

  async stream(signal) {
    const lines = this.reviews.value.split("\n").map((line) => line.trim());
    const body = { title: this.title.value.trim(), plot: this.plot.value.trim(), reviews: lines.filter(Boolean) };
    const response = await send("/v1/enrich", { method: "POST", body, accept: "text/event-stream", signal });
    if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
      return this.answer.finish(await response.json());
    }
    let done = false;
    for await (const { event, data } of events(response)) {
      if (event === "error" || event === "problem") throw cutShort(data.detail ?? "It failed on the way.", data.title);
      this.answer.take(event, data);
      done ||= event === "done";
    }
    if (!done) throw cutShort("The service stopped before the answer was whole.");
    return null;
  }

  /** The keyboard's place goes over to the button that can be used. */
  busy(on) {
    const [used, other] = on ? [this.ask, this.cancel] : [this.cancel, this.ask];
    const held = document.activeElement === used;
    other.disabled = false;
    if (held) other.focus();
    used.disabled = true;
    this.answer.element.setAttribute("aria-busy", String(on));
  }
}

function cutShort(message, title = "Cut short") {
  return Object.assign(new Error(message), { title });
}

function field(id, label, input, note) {
  return h("div", { class: "field" }, h("label", { for: id }, label), input, note);
}
