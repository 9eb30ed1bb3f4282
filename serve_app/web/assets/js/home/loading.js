/** Titles, page by page. */

import { get } from "../api.js";
import { apiParams } from "./query.js";

const PAGE = 500;
export const MOST = 6000;

/** All titles of the query, at most `MOST`; `onPart(titles, total)` is told of each part as it comes. */
export async function loadTitles(query, signal, onPart) {
  const titles = new Map();
  for (let offset = 0; ; offset += PAGE) {
    const params = apiParams(query);
    params.set("offset", String(offset));
    params.set("limit", String(Math.min(PAGE, MOST - offset)));
    const { items, total } = await get(`/v1/titles?${params}`, signal);
    for (const item of items) titles.set(item.title_id, item);
    const last = !items.length || offset + PAGE >= Math.min(total, MOST);
    onPart([...titles.values()], total, last);
    if (last) return;
  }
}

/** Values of the filters with their numbers of titles. */
export async function loadFacets(signal) {
  const facets = await get("/v1/facets", signal);
  return {
    genre: facets.genres ?? [],
    platform: facets.platforms ?? [],
    kind: facets.kinds ?? [],
    tag: (facets.tags ?? []).slice(0, 60),
  };
}
