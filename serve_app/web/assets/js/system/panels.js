/** What runs, in words. */

import { h } from "../dom.js";
import { percent, plural, rungName, short } from "../format.js";

/** A loaded classifier. */
export function modelCard(model, policy) {
  const roles = rolesOf(model, policy);
  return h(
    "li",
    { class: "model" },
    h("h3", {}, rungName(model.kind), roles.map((role) => h("span", { class: `role ${role}` }, role))),
    facts([
      ["Version", h("code", {}, model.version)],
      ["Bundle", h("code", { title: model.bundle }, short(model.bundle))],
      ["Trained on", h("code", {}, `snapshot ${model.snapshot_id}`)],
      ["Genres", String(model.genres.length)],
    ]),
  );
}

/** How requests are shared between champion and challenger. */
export function trafficPanel(policy) {
  const share = policy.challenger ? policy.weight : 0;
  const shadowed = `the challenger also answers ${percent(policy.shadow)} of the champion's requests, unseen`;
  const side = (name, part) =>
    h("div", { class: `split-${name}`, style: { "flex-grow": String(part) } }, h("b", {}, percent(part)));
  return [
    h(
      "div",
      { class: "split", "aria-hidden": "true" },
      share < 1 && side("champion", 1 - share),
      share > 0 && side("challenger", share),
    ),
    facts([
      ["Champion", answers(1 - share, policy.champion_kind, policy.champion)],
      ["Challenger", policy.challenger ? answers(share, policy.challenger_kind, policy.challenger) : "none"],
      ["Shadow", policy.challenger && policy.shadow > 0 ? shadowed : "none"],
      ["If it fails", policy.fallbacks.map(([kind]) => rungName(kind)).join(", then ") || "nobody"],
    ]),
  ];
}

/** The language model, or that there is none. */
export function llmPanel(llm) {
  if (!llm) return h("p", { class: "soft" }, "No language model is set up: summaries are sentences of the reviews.");
  const details = Object.entries(llm.details ?? {}).map(([name, value]) => [words(name), said(value)]);
  return facts([
    ["Engine", llm.engine],
    ["Model", h("code", {}, llm.model)],
    ["Longest prompt", plural(llm.max_prompt_tokens, "token")],
    ["Likelihoods", llm.can_score ? "can be asked for" : "not given by this engine"],
    ...details,
  ]);
}

/** Drift, when somebody measures it. */
export function driftPanel(drift) {
  if (!drift || !Object.keys(drift).length) return h("p", { class: "soft" }, "Nothing measures drift yet.");
  return facts(Object.entries(drift).map(([name, value]) => [words(name), said(value)]));
}

export function facts(rows) {
  return h("dl", { class: "facts" }, rows.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

function answers(share, kind, version) {
  return `${percent(share)} of requests: ${rungName(kind)} ${short(version)}`;
}

function rolesOf({ version }, policy) {
  const roles = [];
  if (version === policy.champion) roles.push("champion");
  if (policy.challenger && version === policy.challenger) roles.push("challenger");
  if (policy.fallbacks.some(([, fallback]) => fallback === version)) roles.push("fallback");
  return roles;
}

function words(name) {
  const text = String(name).replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function said(value) {
  if (Array.isArray(value)) return value.map(said).join(", ");
  if (value && typeof value === "object") {
    return Object.entries(value)
      .map(([name, inner]) => `${words(name)}: ${said(inner)}`)
      .join("; ");
  }
  return typeof value === "number" && !Number.isInteger(value) ? value.toPrecision(3) : String(value);
}
