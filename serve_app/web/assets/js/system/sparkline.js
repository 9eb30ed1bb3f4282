/** A small line of the last minutes, with its latest value and range in words. */

import { h, replace, svg } from "../dom.js";

const W = 240;
const H = 56;
const LONGEST_GAP_S = 5;

export class Sparkline {
  /** `format(value)`: as people read it. */
  constructor(name, format) {
    this.format = format;
    this.area = svg("path", { class: "spark-area" });
    this.line = svg("path", { class: "spark-line" });
    this.value = h("b", { class: "spark-value num" }, "–");
    this.range = h("span", { class: "soft note num" });
    this.element = h(
      "div",
      { class: "spark" },
      h("h3", {}, name),
      this.value,
      svg(
        "svg",
        { viewBox: `0 -4 ${W} ${H + 8}`, preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" },
        svg("line", { class: "spark-base", x1: 0, x2: W, y1: H, y2: H }),
        this.area,
        this.line,
      ),
      this.range,
    );
  }

  /** `points`: `{ at, value }` in the order of time; a value that is null was not measured. */
  show(points) {
    const known = points.filter(({ value }) => Number.isFinite(value));
    if (!known.length) {
      replace(this.value, "–");
      replace(this.range, "nothing measured yet");
      return;
    }
    const values = known.map(({ value }) => value);
    const most = Math.max(...values, 1e-9);
    const from = points[0].at;
    const span = Math.max(1, points[points.length - 1].at - from);
    const runs = unbroken(known).map((run) =>
      run.map(({ at, value }) => ({ x: round(((at - from) / span) * W), y: round(H - (value / most) * H) })),
    );
    this.line.setAttribute("d", runs.map(path).join(""));
    this.area.setAttribute("d", runs.map((run) => `${path(run)}L${run.at(-1).x},${H}L${run[0].x},${H}Z`).join(""));
    replace(this.value, this.format(values[values.length - 1]));
    replace(this.range, `${this.format(Math.min(...values))} to ${this.format(most)} in ${seconds(span)}`);
  }
}

/** Runs of points with no long gap in between: over a gap no line is drawn. */
function unbroken(points) {
  const runs = [];
  points.forEach((point, i) => {
    if (i && point.at - points[i - 1].at <= LONGEST_GAP_S) runs[runs.length - 1].push(point);
    else runs.push([point]);
  });
  return runs;
}

/** A single point becomes a dot: a line of no length with round ends. */
function path(run) {
  const [first, ...others] = run.map(({ x, y }) => `${x},${y}`);
  return `M${first}L${others.length ? others.join("L") : first}`;
}

function round(value) {
  return Math.round(value * 10) / 10;
}

function seconds(span) {
  return span >= 120 ? `${Math.round(span / 60)} min` : `${Math.round(span)} s`;
}
