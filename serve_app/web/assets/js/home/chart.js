/** The bubble chart: titles in, an element out that can be looked at, pointed at, and walked through by keyboard. */

import { h } from "../dom.js";
import { genreNumber } from "../genres.js";
import { plural } from "../format.js";
import { draw, readInk } from "./drawing.js";
import { Finder } from "./finding.js";
import { groupTitles } from "./groups.js";
import { GroupLabels } from "./labels.js";
import { Motion } from "./motion.js";
import { Pointing } from "./pointing.js";
import { setUpZoom } from "./zoom.js";

export class Chart {
  /** `onMark(title | null)`: a bubble is pointed at or focused; `onOpen(title)`: it is chosen. */
  constructor({ signal, onMark, onOpen }) {
    this.motion = new Motion();
    this.finder = new Finder();
    this.labels = new GroupLabels();
    this.onMark = onMark;
    this.onOpen = onOpen;
    this.titles = [];
    this.marked = null;
    this.spotlight = null;
    this.transform = { x: 0, y: 0, k: 1 };
    this.seq = 0;
    this.build();
    this.worker = new Worker("/assets/js/home/layout-worker.js");
    this.worker.onmessage = ({ data }) => this.placed(data);
    this.zoom = setUpZoom(this);
    this.watch(signal);
    new Pointing(this);
  }

  build() {
    this.canvas = h("canvas", { "aria-hidden": "true" });
    this.stage = h(
      "div",
      { class: "stage", id: "chart", tabindex: "0", role: "application", "aria-describedby": "chart-keys" },
      this.canvas,
      this.labels.element,
    );
    this.stage.chart = this;
    this.context = this.canvas.getContext("2d");
    this.ink = readInk();
  }

  watch(signal) {
    const resized = new ResizeObserver(() => this.arrange());
    resized.observe(this.stage);
    const recolour = () => {
      this.ink = readInk();
      this.redraw();
    };
    document.addEventListener("themechange", recolour, { signal });
    signal.addEventListener("abort", () => {
      resized.disconnect();
      this.worker.terminate();
      cancelAnimationFrame(this.frame);
    });
  }

  /** Show these titles, grouped. */
  show(titles, by) {
    if (by !== this.by && this.transform.k > 1) this.zoom.reset();
    this.titles = titles;
    this.by = by;
    this.motion.setTitles(titles, nodeOf, performance.now());
    if (this.marked && !this.motion.nodes.includes(this.marked)) this.mark(null);
    this.stage.setAttribute("aria-label", `Bubble chart of ${plural(titles.length, "title")}`);
    this.arrange();
  }

  /** Ask for places that fit the present size and groups. */
  arrange() {
    const { clientWidth: width, clientHeight: height } = this.stage;
    if (!width || !this.by) return;
    this.width = width;
    this.height = height;
    this.ratio = Math.min(devicePixelRatio || 1, 2);
    this.canvas.width = width * this.ratio;
    this.canvas.height = height * this.ratio;
    this.groups = groupTitles(this.titles, this.by);
    this.zoom.bound(width, height);
    this.stage.dataset.settled = "false";
    this.stage.dataset.count = String(this.titles.length);
    this.motion.start(performance.now(), (i) => this.groups.of[i]);
    this.seq += 1;
    this.worker.postMessage({
      seq: this.seq,
      width,
      height,
      units: Float32Array.from(this.motion.nodes, (node) => node.unit),
      group: Int32Array.from(this.groups.of),
      groups: this.groups.groups.length,
      inRow: this.groups.inRow,
    });
    this.redraw();
  }

  placed({ seq, cells, x, y, r, done }) {
    if (seq !== this.seq) return;
    this.motion.aim({ x, y, r });
    this.labels.show(this.groups.groups, cells);
    this.final = done;
    this.redraw();
  }

  redraw() {
    this.frame ??= requestAnimationFrame((now) => this.paint(now));
  }

  paint(now) {
    this.frame = null;
    const moving = this.motion.step(now);
    if (moving || !this.final) this.finder.forget();
    draw(this.context, {
      nodes: this.motion.nodes,
      leaving: this.motion.leaving,
      ink: this.ink,
      view: { width: this.width, height: this.height, ratio: this.ratio, transform: this.transform },
      spotlight: this.spotlight,
      marked: this.marked,
    });
    this.labels.follow(this.transform, this.width);
    if (moving) this.redraw();
    else if (this.final) {
      this.final = false;
      this.finder.forget();
      this.stage.dataset.settled = "true";
    }
  }

  /** Let one genre stand out; null for none. */
  light(number) {
    this.spotlight = number;
    this.redraw();
  }

  /** Mark the bubble of a node. */
  mark(node, by = "pointer") {
    if (this.marked === node) return;
    this.marked = node;
    this.onMark(node?.of ?? null, by);
    this.redraw();
  }

  /** Mark the bubble of a title, if it is there. */
  markTitle(id) {
    this.mark(this.motion.nodes.find((node) => node.id === id) ?? null, "list");
  }

  /** The bubble under a point of the stage. */
  nodeAt(x, y, slack) {
    const { x: dx, y: dy, k } = this.transform;
    return this.finder.at(this.motion.nodes, (x - dx) / k, (y - dy) / k, slack / k);
  }

  /** Where a node is on the stage. */
  whereIs({ x, y, r }) {
    const { x: dx, y: dy, k } = this.transform;
    return { x: x * k + dx, y: y * k + dy, r: r * k };
  }

  /** Where a title's bubble is on the stage, for whom it may concern. */
  whereIsTitle(id) {
    const node = this.motion.nodes.find((other) => other.id === id);
    return node ? this.whereIs(node) : null;
  }
}

function nodeOf(title) {
  const score = title.vibe_score;
  return {
    of: title,
    title: title.title,
    colour: genreNumber(title.genres[0]),
    hollow: score === null,
    unit: score === null ? 0.26 : 0.3 + (0.7 * (score - 1)) / 9,
  };
}
