/** Which titles stand together. */

import { GENRES } from "../genres.js";
import { capital } from "../format.js";

const MOST_TAGS = 11;
const BANDS = [
  { key: "8", label: "Loved, 8 to 10", from: 8 },
  { key: "6", label: "Liked, 6 to 8", from: 6 },
  { key: "4", label: "Mixed, 4 to 6", from: 4 },
  { key: "1", label: "Disliked, under 4", from: 0 },
];

/** Groups of `titles` in the order in which they are shown, and the group's number of each title.
 *  `inRow`: their order means something, so they stay in a row. */
export function groupTitles(titles, by) {
  const keyed = { platform: byPlatform, genre: byGenre, tag: byTag, score: byScore }[by];
  if (!keyed) {
    return { groups: [{ key: "all", label: "", count: titles.length }], of: titles.map(() => 0), inRow: false };
  }
  const { keyOf, labels } = keyed(titles);
  const counts = new Map();
  const keys = titles.map((title) => {
    const key = keyOf(title);
    counts.set(key, (counts.get(key) ?? 0) + 1);
    return key;
  });
  const groups = [...labels]
    .filter(([key]) => counts.has(key))
    .map(([key, label]) => ({ key, label, count: counts.get(key) }));
  const numbers = new Map(groups.map(({ key }, number) => [key, number]));
  return { groups, of: keys.map((key) => numbers.get(key)), inRow: by === "score" };
}

function byPlatform(titles) {
  const names = mostFrequent(titles.map((title) => title.platform));
  return { keyOf: (title) => title.platform, labels: new Map(names.map((name) => [name, capital(name)])) };
}

function byGenre() {
  const labels = new Map([...GENRES.map((genre) => [genre, genre]), ["", "No genre yet"]]);
  return { keyOf: (title) => (labels.has(title.genres[0]) ? title.genres[0] : ""), labels };
}

function byTag(titles) {
  const names = mostFrequent(titles.flatMap((title) => title.vibe_tags)).slice(0, MOST_TAGS);
  const labels = new Map([...names.map((name) => [`#${name}`, name]), ["other", "Other tags"], ["none", "No tags yet"]]);
  const keyOf = ({ vibe_tags: tags }) => {
    const known = tags.find((tag) => labels.has(`#${tag}`));
    return known ? `#${known}` : tags.length ? "other" : "none";
  };
  return { keyOf, labels };
}

function byScore() {
  const labels = new Map([...BANDS.map(({ key, label }) => [key, label]), ["none", "Not scored yet"]]);
  const keyOf = ({ vibe_score: score }) => (score === null ? "none" : BANDS.find(({ from }) => score >= from).key);
  return { keyOf, labels };
}

function mostFrequent(values) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || String(a[0]).localeCompare(b[0])).map(([value]) => value);
}
