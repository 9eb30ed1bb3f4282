/* Places the bubbles, in a thread of its own so that the page never waits. A classic worker: D3 is one script.

   In: { seq, width, height, units, group, weights: number of groups, inRow }. `units` is the size of each bubble
   between 0 and 1. Out, several times: { seq, cells, x, y, r, done }; the first places are good, later ones better. */

importScripts("/assets/d3.js");

const GAP = 14;
const HEADING = 30;
const FILL = 0.6;
const APART = 1.1;
let running = 0;

self.onmessage = ({ data }) => {
  running = data.seq;
  const cells = cellsOf(data);
  const nodes = packed(data, cells);
  settle(data, cells, nodes);
};

/** A rectangle for each group, as large as its bubbles need. */
function cellsOf({ width, height, units, group, groups, inRow }) {
  if (groups === 1) return [{ x: 0, y: 0, w: width, h: height, top: 0 }];
  const areas = new Array(groups).fill(0);
  units.forEach((unit, i) => (areas[group[i]] += unit * unit));
  const floor = d3.sum(areas) * (inRow ? 0.2 : 0.018);
  const root = d3.hierarchy({ children: areas.map((area, number) => ({ number, area })) });
  root.sum((entry) => (entry.children ? 0 : entry.area + floor));
  if (!inRow) root.sort((a, b) => b.value - a.value);
  const row = width > height ? d3.treemapDice : d3.treemapSlice;
  d3.treemap().size([width, height]).tile(inRow ? row : d3.treemapSquarify.ratio(1.15)).paddingInner(GAP)(root);
  const cells = [];
  for (const leaf of root.leaves()) {
    const { x0, y0, x1, y1 } = leaf;
    cells[leaf.data.number] = { x: x0, y: y0 + HEADING, w: x1 - x0, h: Math.max(20, y1 - y0 - HEADING), top: y0 };
  }
  return cells;
}

/** Radii that fit the tightest group, and places close to where the forces will take them. */
function packed({ units, group, groups }, cells) {
  const members = Array.from({ length: groups }, () => []);
  units.forEach((unit, i) => members[group[i]].push({ i, unit }));
  const scale = Math.min(...members.map((list, g) => scaleOf(list, cells[g])));
  const nodes = new Array(units.length);
  members.forEach((list, g) => {
    list.sort((a, b) => b.unit - a.unit);
    for (const member of list) member.r = Math.max(1.2, member.unit * scale) + APART;
    d3.packSiblings(list);
    const { x, y, w, h } = cells[g];
    const reach = d3.max(list, (member) => Math.hypot(member.x, member.y) + member.r) || 1;
    for (const member of list) {
      nodes[member.i] = {
        g,
        r: member.r - APART,
        x: x + w / 2 + member.x * Math.max(0.6, Math.min(1.6, w / 2 / reach)),
        y: y + h / 2 + member.y * Math.max(0.6, Math.min(1.6, h / 2 / reach)),
      };
    }
  });
  return nodes;
}

/** Radius of a bubble of size 1, so that the group's bubbles with the gaps around them fill their share of the cell. */
function scaleOf(list, { w, h }) {
  const squares = d3.sum(list, ({ unit }) => unit * unit) || 1;
  const sides = APART * d3.sum(list, ({ unit }) => unit);
  const room = (FILL * w * h) / Math.PI - list.length * APART * APART;
  const fits = (Math.sqrt(sides * sides + squares * Math.max(0, room)) - sides) / squares;
  const largest = d3.max(list, ({ unit }) => unit) || 1;
  return Math.min(fits, Math.min(w, h) / 2.1 / largest, 62);
}

/** Forces, a few ticks at a time, so that a newer order is heard of between them. */
function settle({ seq }, cells, nodes) {
  const many = nodes.length;
  const ticks = many > 3000 ? 36 : many > 1000 ? 80 : 200;
  const pull = (axis, side, other) => (node) => {
    const cell = cells[node.g];
    return 0.055 * Math.max(0.35, Math.min(2.2, cell[other] / cell[side]));
  };
  const simulation = d3
    .forceSimulation(nodes)
    .stop()
    .alpha(0.5)
    .alphaDecay(1 - Math.pow(0.002, 1 / ticks))
    .velocityDecay(0.38)
    .force("x", d3.forceX(({ g }) => cells[g].x + cells[g].w / 2).strength(pull("x", "w", "h")))
    .force("y", d3.forceY(({ g }) => cells[g].y + cells[g].h / 2).strength(pull("y", "h", "w")))
    .force("apart", d3.forceCollide(({ r }) => r + APART).iterations(many > 1500 ? 2 : 3))
    .force("inside", () => keepInside(cells, nodes));
  let left = ticks;
  const part = () => {
    if (seq !== running) return;
    for (let i = 0; i < 12 && left > 0; i += 1, left -= 1) simulation.tick();
    keepInside(cells, nodes);
    tell(seq, cells, nodes, left <= 0);
    if (left > 0) setTimeout(part, 0);
  };
  tell(seq, cells, nodes, false);
  setTimeout(part, 0);
}

function keepInside(cells, nodes) {
  for (const node of nodes) {
    const { x, y, w, h } = cells[node.g];
    const edge = node.r + 1;
    node.x = Math.max(x + edge, Math.min(x + w - edge, node.x));
    node.y = Math.max(y + edge, Math.min(y + h - edge, node.y));
  }
}

function tell(seq, cells, nodes, done) {
  const x = Float32Array.from(nodes, (node) => node.x);
  const y = Float32Array.from(nodes, (node) => node.y);
  const r = Float32Array.from(nodes, (node) => node.r);
  postMessage({ seq, cells, x, y, r, done }, [x.buffer, y.buffer, r.buffer]);
}
