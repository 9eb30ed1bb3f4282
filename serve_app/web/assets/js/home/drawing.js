/** Draws the bubbles on a canvas. */

import { genreColours, GENRES } from "../genres.js";

const LABELLED_FROM = 25;

/** Colours and fonts of the present theme. */
export function readInk() {
  const style = getComputedStyle(document.documentElement);
  const colours = genreColours();
  return {
    fills: colours,
    ring: style.getPropertyValue("--ring").trim(),
    letters: colours.map(readableOn),
    focus: style.getPropertyValue("--ink").trim(),
    paper: style.getPropertyValue("--paper").trim(),
    dimmed: Number(style.getPropertyValue("--dimmed")) || 0.16,
    font: style.getPropertyValue("--sans").trim(),
  };
}

/** One frame. `spotlight`: number of the genre that stands out, or null. */
export function draw(context, { nodes, leaving, ink, view, spotlight, marked }) {
  const { width, height, ratio, transform } = view;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.translate(transform.x, transform.y);
  context.scale(transform.k, transform.k);
  const colours = Array.from({ length: GENRES.length + 1 }, () => ({ full: [], hollow: [] }));
  for (const node of nodes) if (node.r > 0.3) colours[node.colour][node.hollow ? "hollow" : "full"].push(node);
  for (const node of leaving) colours[node.colour].hollow.push(node);
  colours.forEach(({ full, hollow }, number) => {
    context.globalAlpha = spotlight === null || spotlight === number ? 1 : ink.dimmed;
    if (full.length) discs(context, full, ink.fills[number], ink.ring, transform.k);
    if (hollow.length) circles(context, hollow, ink.fills[number], transform.k);
  });
  labels(context, nodes, ink, transform.k, spotlight);
  context.globalAlpha = 1;
  if (marked) halo(context, marked, ink, transform.k);
}

function discs(context, nodes, fill, ring, k) {
  trace(context, nodes, 0.4 / k);
  context.fillStyle = fill;
  context.fill();
  context.strokeStyle = ring;
  context.lineWidth = 0.9 / k;
  context.stroke();
}

function circles(context, nodes, stroke, k) {
  trace(context, nodes, 1 / k);
  context.strokeStyle = stroke;
  context.lineWidth = 1.6 / k;
  context.stroke();
}

function trace(context, nodes, inset) {
  context.beginPath();
  for (const { x, y, r } of nodes) {
    const radius = Math.max(0.4, r - inset);
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 6.2832);
  }
}

function halo(context, { x, y, r }, ink, k) {
  context.beginPath();
  context.arc(x, y, r + 3.5 / k, 0, 6.2832);
  context.strokeStyle = ink.focus;
  context.lineWidth = 2.5 / k;
  context.stroke();
}

function labels(context, nodes, ink, k, spotlight) {
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const node of nodes) {
    if (node.r * k < LABELLED_FROM || node.hollow) continue;
    const size = Math.min(15, Math.max(9.5 / k, node.r / 3.6));
    const lines = linesOf(context, node, size, ink);
    if (!lines.length) continue;
    context.globalAlpha = spotlight === null || spotlight === node.colour ? 1 : ink.dimmed;
    context.font = `600 ${size}px ${ink.font}`;
    context.fillStyle = ink.letters[node.colour];
    lines.forEach((line, i) => context.fillText(line, node.x, node.y + (i - (lines.length - 1) / 2) * size * 1.16));
  }
}

/** The title in up to three lines that fit the bubble; nothing rather than half a word. Kept until the size changes. */
function linesOf(context, node, size, ink) {
  const key = Math.round(node.r * 2) * 100 + Math.round(size * 2);
  if (node.wrapped?.key === key) return node.wrapped.lines;
  context.font = `600 ${size}px ${ink.font}`;
  const lines = [];
  for (const word of node.title.split(/\s+/)) {
    const joined = lines.length ? `${lines[lines.length - 1]} ${word}` : word;
    if (lines.length && context.measureText(joined).width < node.r * 1.55) lines[lines.length - 1] = joined;
    else lines.push(word);
  }
  node.wrapped = { key, lines: fits(context, lines, node.r, size) ? lines : [] };
  return node.wrapped.lines;
}

function fits(context, lines, r, size) {
  return (
    lines.length <= 4 &&
    lines.every((line, i) => {
      const edge = (Math.abs(i - (lines.length - 1) / 2) + 0.5) * size * 1.16;
      return edge < r && context.measureText(line).width < 2 * Math.sqrt(r * r - edge * edge) - 3;
    })
  );
}

/** White or near black, whichever contrasts more. */
function readableOn(colour) {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : Math.pow((part + 0.055) / 1.055, 2.4);
  });
  const light = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return 1.05 / (light + 0.05) >= (light + 0.05) / 0.055 ? "#ffffff" : "#0b0e13";
}
