/** What is shown on the home page, as the address says it. */

export const GROUPINGS = [
  { key: "none", label: "All together" },
  { key: "platform", label: "Platform" },
  { key: "genre", label: "Genre" },
  { key: "tag", label: "Vibe tag" },
  { key: "score", label: "Score" },
];
export const SORTS = [
  { key: "newest", label: "Newest first" },
  { key: "score", label: "Highest vibe first" },
  { key: "title", label: "By title" },
  { key: "relevance", label: "Best match first" },
];
export const LISTS = ["genre", "platform", "kind", "tag"];
export const NUMBERS = ["min_score", "max_score", "year_from", "year_to"];

/** The query that `search` (of an address) holds. */
export function readQuery(search) {
  const params = new URLSearchParams(search);
  const query = { q: params.get("q") ?? "", group: oneOf(GROUPINGS, params.get("group"), "none") };
  query.sort = oneOf(SORTS, params.get("sort"), query.q ? "relevance" : "newest");
  for (const name of LISTS) query[name] = params.getAll(name);
  for (const name of NUMBERS) query[name] = numberOrNull(params.get(name));
  return query;
}

/** Address of the home page that holds `query`. */
export function addressOf(query) {
  const params = filterParams(query);
  if (query.sort !== (query.q ? "relevance" : "newest")) params.set("sort", query.sort);
  if (query.group !== "none") params.set("group", query.group);
  const text = params.toString();
  return text ? `/?${text}` : "/";
}

/** The query as `GET /v1/titles` takes it. */
export function apiParams(query) {
  const params = filterParams(query);
  params.set("sort", query.sort);
  return params;
}

/** One entry for each filter that is on: what it says, and the query without it. */
export function activeFilters(query) {
  const lists = LISTS.flatMap((name) =>
    query[name].map((value) => ({
      name,
      value,
      without: { ...query, [name]: query[name].filter((other) => other !== value) },
    })),
  );
  const numbers = NUMBERS.filter((name) => query[name] !== null).map((name) => ({
    name,
    value: query[name],
    without: { ...query, [name]: null },
  }));
  return [...lists, ...numbers];
}

/** The query with no filter and no words. */
export function cleared(query) {
  return { ...readQuery(""), group: query.group };
}

function filterParams(query) {
  const params = new URLSearchParams();
  if (query.q) params.set("q", query.q);
  for (const name of LISTS) for (const value of query[name]) params.append(name, value);
  for (const name of NUMBERS) if (query[name] !== null) params.set(name, String(query[name]));
  return params;
}

function oneOf(choices, key, otherwise) {
  return choices.some((choice) => choice.key === key) ? key : otherwise;
}

function numberOrNull(text) {
  if (text === null || text.trim() === "") return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}
