/** The answer as it grows: genres at once, then the draft, notes, and the whole at the end. */

import { h, replace } from "../dom.js";
import { bar, rankedGenres, waiting } from "../parts.js";
import { plural, rungName, short } from "../format.js";
import { normal } from "../title/enrichment.js";
import { story } from "../title/story.js";

export class Answer {
  constructor() {
    this.genres = h("div", { class: "bars", id: "answer-genres" });
    this.model = h("p", { class: "note" });
    this.draft = h("p", { class: "draft", id: "draft" });
    this.notes = h("ul", { class: "notes", id: "notes", "aria-label": "What was not believed, and why" });
    this.story = h("div", { class: "story", id: "answer-story" });
    this.state = h("div", { class: "answer-state", id: "answer-state", role: "status" });
    this.parts = h(
      "div",
      { class: "answer-parts", hidden: true },
      h("section", { "aria-labelledby": "a-genres" }, h("h2", { id: "a-genres" }, "Genres"), this.genres, this.model),
      h("section", { "aria-label": "Summary" }, this.draft, this.notes, this.story),
    );
    this.element = h("section", { class: "answer panel", "aria-label": "Answer" }, this.state, this.parts);
    this.empty();
  }

  /** Before anything was asked. */
  empty() {
    this.parts.hidden = true;
    const what = "the classifier's genres at once, then the language model's words as they come.";
    replace(this.state, h("p", { class: "soft" }, `The answer appears here: ${what}`));
  }

  begin() {
    for (const part of [this.genres, this.model, this.draft, this.notes, this.story]) replace(part);
    this.parts.hidden = true;
    this.classified = null;
    replace(this.state, waiting("Asking the classifier"));
  }

  /** One event of the stream. */
  take(event, data) {
    if (event === "genres") this.takeGenres(data);
    else if (event === "draft") this.takeDraft(data);
    else if (event === "note") this.takeNote(data);
    else if (event === "done") this.finish(data.enrichment ?? data);
  }

  takeGenres(data) {
    this.parts.hidden = false;
    this.classified = data;
    this.showBars(data);
    const model = data.model ?? {};
    const name = [model.name ?? model.kind ?? rungName(data.genre_rung), short(model.version)].filter(Boolean).join(" ");
    replace(this.model, name && ["By the classifier ", h("code", {}, name)]);
    replace(this.state, waiting("The language model reads the reviews"));
  }

  takeDraft({ text }) {
    this.parts.hidden = false;
    this.draft.classList.add("growing");
    this.draft.textContent = text;
  }

  takeNote({ detail }) {
    this.parts.hidden = false;
    this.notes.append(h("li", {}, detail));
  }

  finish(enrichment) {
    const whole = normal(enrichment);
    this.parts.hidden = false;
    this.showBars(this.withOthers(whole));
    this.draft.classList.remove("growing");
    replace(this.draft);
    replace(this.story, story(whole, whole.genres[0]?.genre));
    const took = whole.seconds ? ` in ${Number(whole.seconds).toFixed(1)} s` : "";
    const doubts = whole.faults.length ? `, ${plural(whole.faults.length, "answer")} not believed` : "";
    const rungs = `Summary by: ${rungName(whole.summary_rung)}. Genres by: ${rungName(whole.genre_rung)}${doubts}.`;
    replace(this.state, h("p", { class: "rung" }, h("b", {}, "Done"), `${took}. ${rungs}`));
  }

  /** The whole answer names its own genres only; if they are the classifier's, the others are known from before. */
  withOthers(whole) {
    const judged = ["llm", "combined"].includes(whole.genre_rung);
    return judged ? whole : { ...whole, probabilities: { ...this.classified?.probabilities, ...whole.probabilities } };
  }

  /** Stopped before the end. */
  stop(text, extra = null) {
    this.draft.classList.remove("growing");
    replace(this.state, text && h("p", {}, text), extra);
  }

  showBars(answer) {
    const row = (entry) => h("div", { class: "bar-row" }, bar(entry.genre, entry.probability, entry));
    replace(this.genres, rankedGenres(answer).map(row));
  }
}
