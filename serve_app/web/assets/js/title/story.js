/** What was said about a title by models, and by which. */

import { h } from "../dom.js";
import { tagList } from "../parts.js";
import { rungName, short } from "../format.js";
import { dial } from "./dial.js";

/** Summary, score and tags of a normal enrichment. */
export function story(enrichment, genre) {
  return [
    dial(enrichment.vibe_score, enrichment.score_basis, genre),
    h(
      "div",
      { class: "summary" },
      h("h2", {}, "What reviewers say"),
      enrichment.summary
        ? h("p", { class: "summary-text" }, enrichment.summary)
        : h("p", { class: "soft" }, "There are no reviews to sum up."),
      enrichment.vibe_tags.length > 0 && tagList(enrichment.vibe_tags),
      badge(enrichment),
    ),
  ];
}

/** That this was made by a machine, by which, and on which rung each part stands. */
export function badge(enrichment) {
  const llm = enrichment.llm_model || "no language model";
  const parts = [
    `summary: ${rungName(enrichment.summary_rung)}`,
    `tags: ${rungName(enrichment.tag_rung)}`,
    `genres: ${rungName(enrichment.genre_rung)}${enrichment.genre_version ? ` ${short(enrichment.genre_version)}` : ""}`,
  ];
  return h(
    "details",
    { class: "provenance" },
    h("summary", { class: "badge" }, h("b", {}, "AI-generated"), h("span", {}, `${llm}; ${parts[0]}`)),
    h("p", { class: "note" }, `On which rung each part stands: ${parts.join("; ")}.`),
    facts(enrichment),
  );
}

function facts(enrichment) {
  const read = enrichment.prompt_tokens;
  const rows = [
    ["Language model", enrichment.llm_model || "none"],
    ["Trust in its genres", enrichment.llm_trust === undefined ? null : Number(enrichment.llm_trust).toFixed(2)],
    ["Tokens", read ? `${read} read, ${enrichment.completion_tokens ?? 0} written` : null],
    ["Calls", enrichment.attempts ?? null],
    ["Seconds", enrichment.seconds ? Number(enrichment.seconds).toFixed(2) : null],
    ["Prompts", Object.entries(enrichment.prompt_hashes).map(([name, hash]) => `${name} ${hash}`).join(", ") || null],
    ["Made at", enrichment.enriched_at ?? enrichment.created_at ?? null],
    ["Not believed", enrichment.faults.map((fault) => `${fault.part}: ${fault.detail || fault.kind}`).join("; ") || null],
  ];
  return h(
    "dl",
    { class: "facts" },
    rows.filter(([, value]) => value !== null).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
  );
}
