/** Values as people read them. */

const KINDS = { movie: "Film", show: "Series" };
const BASES = {
  "llm+sentiment": "from what the reviews say, read by the language model and by their sentiment",
  sentiment: "from the sentiment of the reviews",
  ratings: "from the ratings",
  none: "no reviews to judge by",
};
const RUNGS = {
  llm: "language model",
  combined: "classifier and language model",
  bert: "BERT classifier",
  xgboost: "XGBoost classifier",
  blend: "blended classifiers",
  linear: "linear classifier",
  keyword: "keyword rules",
  extractive: "sentences of the reviews",
  keyphrases: "key phrases of the reviews",
  none: "nobody",
};

export const kindName = (kind) => KINDS[kind] ?? capital(kind);
export const scoreBasis = (basis) => BASES[basis] ?? basis ?? "";
export const rungName = (rung) => RUNGS[rung] ?? rung ?? "";
export const score = (value) => (value === null || value === undefined ? "–" : Number(value).toFixed(1));
export const percent = (share) => `${Math.round(share * 100)}%`;
export const number = (value) => Number(value).toLocaleString("en");
export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

/** `netflix` is shown as Netflix; names with capitals of their own stay. */
export function capital(text) {
  const words = String(text ?? "");
  return words === words.toLowerCase() ? words.charAt(0).toUpperCase() + words.slice(1) : words;
}

/** The first `length` characters of a digest. */
export function short(digest, length = 12) {
  return String(digest ?? "").slice(0, length);
}

/** 2,340 ms -> 2.3 s. */
export function milliseconds(value) {
  if (!Number.isFinite(value)) return "–";
  if (value >= 1000) return `${(value / 1000).toFixed(1)} s`;
  return `${value >= 10 ? Math.round(value) : value.toFixed(1)} ms`;
}
