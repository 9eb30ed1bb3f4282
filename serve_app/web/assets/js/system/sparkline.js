/** A small line of the last minutes, with its latest value and range in words. */

import { h, replace, svg } from "../dom.js";

const W = 240;
const H = 56;

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
    const placed = known.map(({ at, value }) => `${round(((at - from) / span) * W)},${round(H - (value / most) * H)}`);
    this.line.setAttribute("d", `M${placed.join("L")}`);
    const [first, last] = [placed[0].split(",")[0], placed[placed.length - 1].split(",")[0]];
    this.area.setAttribute("d", `M${first},${H}L${placed.join("L")}L${last},${H}Z`);
    replace(this.value, this.format(values[values.length - 1]));
    replace(this.range, `${this.format(Math.min(...values))} to ${this.format(most)} in ${seconds(span)}`);
  }
}

function round(value) {
  return Math.round(value * 10) / 10;
}

function seconds(span) {
  return span >= 120 ? `${Math.round(span / 60)} min` : `${Math.round(span)} s`;
}
