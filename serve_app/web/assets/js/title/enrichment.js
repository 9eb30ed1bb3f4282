/** An enrichment as the page needs it, whether it comes from the API or from the table's row. */

/** Null stays null. Genres are `{ genre, probability }`; what is missing is empty. */
export function normal(enrichment) {
  if (!enrichment) return null;
  const probabilities = parsed(enrichment.probabilities) ?? {};
  const genres = (enrichment.genres ?? []).map((entry) =>
    typeof entry === "string" ? { genre: entry, probability: probabilities[entry] ?? null } : entry,
  );
  return {
    ...enrichment,
    genres,
    probabilities: Object.keys(probabilities).length ? probabilities : ofGenres(genres),
    summary: enrichment.summary ?? "",
    vibe_score: enrichment.vibe_score ?? null,
    score_basis: enrichment.score_basis ?? "none",
    vibe_tags: enrichment.vibe_tags ?? [],
    faults: parsed(enrichment.faults) ?? [],
    prompt_hashes: parsed(enrichment.prompt_hashes) ?? {},
    llm_model: enrichment.llm_model ?? "",
  };
}

/** Maps and lists may be kept as JSON, or as pairs, in a table's row. */
function parsed(value) {
  if (typeof value === "string") {
    try {
      return JSON.parse(value);
    } catch {
      return null;
    }
  }
  if (Array.isArray(value) && value.length && Array.isArray(value[0])) return Object.fromEntries(value);
  return value;
}

function ofGenres(genres) {
  const known = genres.filter(({ probability }) => probability !== null);
  return Object.fromEntries(known.map(({ genre, probability }) => [genre, probability]));
}
