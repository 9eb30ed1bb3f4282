/** "This genre is wrong": a person's word, which later trainings hear. */

import { post } from "../api.js";
import { h, replace } from "../dom.js";
import { GENRES } from "../genres.js";
import { genreChip, problem } from "../parts.js";

/** A form in a fold. `given`: the genres that the title has now. */
export function feedbackForm(titleId, given, signal) {
  const place = h("div", { class: "feedback-body" });
  const result = h("div", { class: "feedback-result", role: "status" });
  const form = h(
    "form",
    { on: { submit: (event) => send(event) } },
    given.length > 0 && choices("Which of these is wrong?", "wrong", given),
    choices("What should it have?", "right", GENRES.filter((genre) => !given.includes(genre))),
    h(
      "div",
      { class: "field" },
      h("label", { for: "comment" }, "Anything to add (optional)"),
      h("textarea", { id: "comment", name: "comment", rows: "2", maxlength: "1000" }),
    ),
    h("div", { class: "actions" }, h("button", { type: "submit", class: "primary" }, "Send"), result),
  );
  replace(place, form);

  async function send(event) {
    event.preventDefault();
    const data = new FormData(form);
    const body = { title_id: titleId, wrong: data.getAll("wrong"), right: data.getAll("right") };
    if (data.get("comment").trim()) body.comment = data.get("comment").trim();
    if (!body.wrong.length && !body.right.length) return replace(result, "Choose at least one genre.");
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    replace(result, "Sending");
    try {
      const { feedback_id: id } = await post("/v1/feedback", body, signal);
      return thank(place, body, id);
    } catch (error) {
      button.disabled = false;
      return signal.aborted ? null : replace(result, problem(error));
    }
  }

  return h("details", { class: "feedback" }, h("summary", {}, "This genre is wrong"), place);
}

function choices(legend, name, genres) {
  const tick = (genre) => h("label", {}, h("input", { type: "checkbox", name, value: genre }), genreChip(genre));
  return h("fieldset", {}, h("legend", {}, legend), h("div", { class: "tick-row" }, genres.map(tick)));
}

function thank(place, { wrong, right }, id) {
  const said = [
    wrong.length ? `not ${wrong.join(", ")}` : "",
    right.length ? `but ${right.join(", ")}` : "",
  ].filter(Boolean);
  const thanks = h("b", {}, "Thank you, it is noted: ");
  const words = h("p", { class: "thanks", tabindex: "-1", role: "status" }, thanks, `${said.join(", ")}.`);
  replace(place, words, h("p", { class: "note" }, "The next training hears of it. Reference ", h("code", {}, id)));
  words.focus();
}
