/** Where each bubble is now: on its way from where it was to where the layout wants it. */

const DURATION_MS = 1100;
const FADE_MS = 350;
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Motion {
  constructor() {
    this.nodes = [];
    this.leaving = [];
    this.started = 0;
  }

  /** `titles` are shown from now on; those shown before keep their places. */
  setTitles(titles, make, now) {
    const before = new Map(this.nodes.map((node) => [node.id, node]));
    this.nodes = titles.map((title, i) => {
      const node = before.get(title.title_id) ?? { id: title.title_id, x: NaN, y: NaN, r: 0 };
      before.delete(title.title_id);
      return Object.assign(node, make(title, i));
    });
    this.leaving = still.matches ? [] : [...before.values()].filter((node) => node.r > 0);
    for (const node of this.leaving) Object.assign(node, { r0: node.r, since: now });
  }

  /** Start to move to places that are about to be told. */
  start(now, groupOf) {
    this.started = now;
    for (const [i, node] of this.nodes.entries()) {
      Object.assign(node, { x0: node.x, y0: node.y, r0: node.r, delay: Math.min(groupOf(i), 12) * 26 });
      node.fresh = true;
    }
  }

  /** Places that the layout has found, by now. */
  aim({ x, y, r }) {
    this.nodes.forEach((node, i) => {
      Object.assign(node, { tx: x[i], ty: y[i], tr: r[i] });
      if (Number.isNaN(node.x0)) Object.assign(node, { x: x[i], y: y[i], x0: x[i], y0: y[i] });
      if (node.fresh) Object.assign(node, { sx: x[i], sy: y[i], fresh: false });
    });
  }

  /** Move on to the time `now`. True as long as something moves. */
  step(now) {
    let moving = false;
    for (const node of this.nodes) moving = stepOne(node, now - this.started) || moving;
    this.leaving = this.leaving.filter((node) => {
      node.r = node.r0 * Math.max(0, 1 - (now - node.since) / FADE_MS);
      return node.r > 0;
    });
    return moving || this.leaving.length > 0;
  }
}

function stepOne(node, passed) {
  if (node.tx === undefined) return false;
  if (still.matches) {
    Object.assign(node, { x: node.tx, y: node.ty, r: node.tr, sx: node.tx, sy: node.ty });
    return false;
  }
  node.sx += (node.tx - node.sx) * 0.2;
  node.sy += (node.ty - node.sy) * 0.2;
  const t = ease(Math.max(0, Math.min(1, (passed - node.delay) / DURATION_MS)));
  node.x = node.x0 + (node.sx - node.x0) * t;
  node.y = node.y0 + (node.sy - node.y0) * t;
  node.r = node.r0 + (node.tr - node.r0) * t;
  return t < 1 || Math.abs(node.tx - node.sx) + Math.abs(node.ty - node.sy) > 0.15;
}

function ease(t) {
  return t < 0.5 ? 4 * t * t * t : 1 - Math.pow(-2 * t + 2, 3) / 2;
}
