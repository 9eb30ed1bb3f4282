/** The canonical genres of trending/catalog/taxonomy.yaml, in its order; a genre's place is its colour's number. */

export const GENRES = [
  "Action & Adventure",
  "Animation",
  "Arts & Culture",
  "Comedy",
  "Crime & Mystery",
  "Documentary",
  "Drama",
  "Family",
  "Horror",
  "Music",
  "Reality",
  "Romance",
  "Science Fiction & Fantasy",
  "Sports",
  "Thriller",
  "Western",
];

const NUMBERS = new Map(GENRES.map((genre, number) => [genre, number]));

/** Colour's number; that after the last for a title without a genre. */
export function genreNumber(genre) {
  return NUMBERS.get(genre) ?? GENRES.length;
}

/** The class that gives an element the genre's colour as `--hue`. */
export function genreClass(genre) {
  return `g${genreNumber(genre)}`;
}

/** Colours in the present theme, by number. */
export function genreColours() {
  const style = getComputedStyle(document.documentElement);
  return Array.from({ length: GENRES.length + 1 }, (_, number) => style.getPropertyValue(`--g${number}`).trim());
}
