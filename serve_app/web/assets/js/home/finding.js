/** Which bubble is at a point, and which is next to another. */

/** An index of `nodes` that is made anew only when they have moved. */
export class Finder {
  constructor() {
    this.tree = null;
  }

  forget() {
    this.tree = null;
  }

  /** The bubble under a point, or within `slack` of it. */
  at(nodes, x, y, slack = 0) {
    if (!this.tree) {
      const placed = nodes.filter((node) => node.r > 0);
      this.tree = d3.quadtree(placed, (node) => node.x, (node) => node.y);
      this.reach = d3.max(placed, (node) => node.r) ?? 0;
    }
    const reach = this.reach + slack;
    let best = null;
    let nearest = slack;
    this.tree.visit((branch, x0, y0, x1, y1) => {
      if (!branch.length) {
        for (let leaf = branch; leaf; leaf = leaf.next) {
          const distance = Math.hypot(leaf.data.x - x, leaf.data.y - y) - leaf.data.r;
          if (distance <= nearest) [best, nearest] = [leaf.data, distance];
        }
      }
      return x0 > x + reach || x1 < x - reach || y0 > y + reach || y1 < y - reach;
    });
    return best;
  }
}

/** The nearest bubble from `from` towards (`dx`, `dy`); one that is far aside counts as further away. */
export function neighbour(nodes, from, dx, dy) {
  let best = null;
  let least = Infinity;
  for (const node of nodes) {
    const along = (node.x - from.x) * dx + (node.y - from.y) * dy;
    if (node === from || along <= 0.5) continue;
    const aside = Math.abs((node.x - from.x) * dy) + Math.abs((node.y - from.y) * dx);
    const cost = along + aside * 2.2;
    if (cost < least) [best, least] = [node, cost];
  }
  return best;
}
