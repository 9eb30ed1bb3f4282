/** One title: its plot, what was made of it, and what is like it. */

import { get, post } from "../api.js";
import { announce, h, replace } from "../dom.js";
import { genreClass } from "../genres.js";
import { capital, kindName, percent, plural, score } from "../format.js";
import { genreChip, problem, waiting } from "../parts.js";
import { titleAddress } from "../router.js";
import { normal } from "./enrichment.js";
import { feedbackForm } from "./feedback.js";
import { story } from "./story.js";
import { whyGenres } from "./why.js";

const MISSING = { title: "There is no such title", message: "It may have left the catalogue.", fields: [] };

export async function titlePage({ root, id, signal }) {
  const page = h("article", { class: "narrow title-page" }, waiting("Fetching the title"));
  root.append(page);
  document.title = "Title · Trending Now";
  try {
    const title = await get(`/v1/titles/${encodeURIComponent(id)}`, signal);
    show(page, title, signal);
  } catch (error) {
    if (signal.aborted) return;
    if ([404, 422].includes(error.status)) replace(page, back(), problem(MISSING));
    else replace(page, back(), problem(error, () => again(root, id, signal)));
  }
}

function again(root, id, signal) {
  root.replaceChildren();
  titlePage({ root, id, signal });
}

function show(page, title, signal) {
  document.title = `${title.title} · Trending Now`;
  const plot = h("div", {}, h("p", { class: "plot" }, title.plot || "No plot is known."));
  const bars = h("div", {}, waiting("Asking the classifier"));
  const feedback = h("div", {}, feedbackForm(title.title_id, [...title.genres], signal));
  const near = h(
    "section",
    { class: "near", "aria-labelledby": "near-title" },
    h("h2", { id: "near-title" }, "Plots like this one"),
    waiting("Looking for similar plots"),
  );
  replace(
    page,
    back(),
    head(title),
    h(
      "div",
      { class: "columns" },
      h(
        "div",
        {},
        h("section", { "aria-labelledby": "plot-title" }, h("h2", { id: "plot-title" }, "Plot"), plot),
        enrichmentSection(title, signal),
      ),
      h("section", { "aria-labelledby": "genres-title" }, h("h2", { id: "genres-title" }, "Genres"), bars, feedback),
    ),
    title.reviews?.length > 0 && reviews(title),
    near,
  );
  explain(title, { plot, bars, feedback }, signal);
  similar(title.title_id, near, signal);
}

/** Back to the chart as it was left, filters and all. */
function back() {
  const left = sessionStorage.getItem("home") ?? "/";
  return h("p", { class: "back" }, h("a", { href: left.startsWith("/?") ? left : "/" }, "← All titles"));
}

function head(title) {
  const about = [title.release_year, kindName(title.kind), capital(title.platform), (title.countries ?? []).join(", ")];
  return h(
    "header",
    { class: `title-head ${genreClass(title.genres[0])}` },
    h("h1", {}, title.title),
    h("p", { class: "lede" }, about.filter(Boolean).join(" · ")),
    title.genres.length > 0 && h("p", { class: "chips" }, title.genres.map(genreChip)),
  );
}

async function explain(title, { plot, bars, feedback }, signal) {
  try {
    const answer = await get(`/v1/titles/${encodeURIComponent(title.title_id)}/genres`, signal);
    const result = answer.results?.[0] ?? answer;
    const why = whyGenres({ ...result, why: result.why ?? answer.why }, title.plot ?? "");
    replace(plot, why.plot);
    replace(bars, why.bars, modelLine(answer.model ?? result.model));
    const given = new Set([...title.genres, ...(result.genres ?? []).map(({ genre }) => genre)]);
    replace(feedback, feedbackForm(title.title_id, [...given], signal));
  } catch (error) {
    if (!signal.aborted) replace(bars, problem(error));
  }
}

function modelLine(model) {
  if (!model) return null;
  return h("p", { class: "note" }, "By model ", h("code", {}, [model.name, model.version].filter(Boolean).join(" ")));
}

function enrichmentSection(title, signal) {
  const section = h("section", { class: "story panel", "aria-label": "Made from the reviews" });
  const enrichment = normal(title.enrichment);
  if (enrichment) return replace(section, story(enrichment, title.genres[0]));
  const enrich = async () => {
    replace(section, waiting("Reading the reviews. This can take a few seconds."));
    try {
      const made = normal(await post("/v1/enrich", { title_id: title.title_id }, signal));
      replace(section, story(made, title.genres[0] ?? made.genres[0]?.genre));
      announce("The title is enriched.");
    } catch (error) {
      if (!signal.aborted) replace(section, problem(error, enrich));
    }
  };
  return replace(
    section,
    h(
      "div",
      { class: "not-yet" },
      h("p", {}, "Nobody has read the reviews of this title yet: it has no summary, no vibe score and no tags."),
      h("button", { type: "button", class: "primary", on: { click: enrich } }, "Enrich now"),
    ),
  );
}

function reviews({ reviews: texts, ratings }) {
  const rated = ratings?.length === texts.length;
  const rating = (i) => rated && h("b", { class: "num" }, score(ratings[i]));
  const fold = (list, from) => list.map((text, i) => h("li", {}, rating(from + i), h("p", {}, text)));
  return h(
    "section",
    { class: "reviews", "aria-labelledby": "reviews-title" },
    h("h2", { id: "reviews-title" }, plural(texts.length, "review")),
    h("ul", {}, fold(texts.slice(0, 3), 0)),
    texts.length > 3 &&
      h("details", {}, h("summary", {}, `Show ${texts.length - 3} more`), h("ul", {}, fold(texts.slice(3), 3))),
  );
}

async function similar(id, near, signal) {
  const heading = near.firstElementChild;
  try {
    const { items } = await get(`/v1/similar/${encodeURIComponent(id)}?limit=8`, signal);
    if (!items.length) return replace(near, heading, h("p", { class: "soft" }, "No plot comes close."));
    return replace(near, heading, h("ul", { class: "near-list" }, items.map(nearItem)));
  } catch (error) {
    return signal.aborted ? null : replace(near, heading, problem(error));
  }
}

function nearItem(title) {
  const about = [title.release_year, title.genres[0]].filter(Boolean).join(" · ");
  return h(
    "li",
    {},
    h(
      "a",
      { href: titleAddress(title.title_id), class: genreClass(title.genres[0]) },
      h("i", { class: "dot", "aria-hidden": "true" }),
      h("span", { class: "near-name" }, title.title),
      h("span", { class: "soft note" }, about),
      h(
        "span",
        { class: "near-share num", title: "Cosine of the plots' embeddings" },
        percent(title.similarity),
        h("span", { class: "unseen" }, " alike"),
      ),
    ),
  );
}
