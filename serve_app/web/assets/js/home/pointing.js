/** Mouse, finger and keyboard on the chart. */

import { neighbour } from "./finding.js";

const STEPS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

export class Pointing {
  constructor(chart) {
    this.chart = chart;
    const { stage } = chart;
    stage.addEventListener("pointermove", (event) => event.pointerType !== "touch" && this.point(event, 2));
    stage.addEventListener("pointerleave", () => chart.mark(null));
    stage.addEventListener("click", (event) => this.choose(event));
    stage.addEventListener("keydown", (event) => this.key(event));
    stage.addEventListener("focus", () => this.focused());
    stage.addEventListener("blur", () => chart.mark(null));
  }

  point(event, slack) {
    const box = this.chart.stage.getBoundingClientRect();
    const node = this.chart.nodeAt(event.clientX - box.left, event.clientY - box.top, slack);
    this.chart.stage.classList.toggle("over", node !== null);
    this.chart.mark(node);
    return node;
  }

  /** A mouse opens at once; a finger first shows the card, then opens. */
  choose(event) {
    if (event.target.closest(".card")) return;
    const before = this.touched;
    const finger = event.pointerType === "touch";
    const node = this.point(event, finger ? 8 : 2);
    this.touched = node;
    if (node && (!finger || node === before)) this.chart.onOpen(node.of);
  }

  focused() {
    if (!this.chart.marked && this.chart.stage.matches(":focus-visible")) this.first();
  }

  first() {
    this.chart.mark(this.chart.motion.nodes[0] ?? null, "keyboard");
  }

  key(event) {
    const { chart } = this;
    const { nodes } = chart.motion;
    if (event.altKey || event.ctrlKey || event.metaKey || !nodes.length) return;
    if (event.key === "Enter" && chart.marked) chart.onOpen(chart.marked.of);
    else if (event.key === "Escape") chart.mark(null);
    else if (event.key === "Home") this.first();
    else if (event.key === "End") chart.mark(nodes[nodes.length - 1], "keyboard");
    else if (STEPS[event.key] && !chart.marked) this.first();
    else if (STEPS[event.key]) {
      const next = neighbour(nodes, chart.marked, ...STEPS[event.key]);
      if (next) chart.mark(next, "keyboard");
    } else if (event.key === "+" || event.key === "-") chart.zoom.by(event.key === "+" ? 1.5 : 1 / 1.5);
    else return;
    event.preventDefault();
  }
}
