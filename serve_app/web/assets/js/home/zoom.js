/** A closer look: buttons, Ctrl and wheel, two fingers; dragging only when zoomed, so that the page still scrolls. */

import { h } from "../dom.js";

/** Returns `{ by(factor), reset(), bound(width, height), buttons }`. */
export function setUpZoom(chart) {
  const target = d3.select(chart.stage);
  const zoom = d3
    .zoom()
    .scaleExtent([1, 12])
    .filter(() => allowed(d3.event, chart.transform.k))
    .on("zoom", () => {
      chart.transform = d3.event.transform;
      fingers(chart);
      chart.redraw();
    });
  target.call(zoom).on("dblclick.zoom", null);
  fingers(chart);
  const by = (factor) => zoom.scaleBy(target, factor);
  const reset = () => zoom.transform(target, d3.zoomIdentity);
  const bound = (width, height) => zoom.translateExtent([[0, 0], [width, height]]);
  return { by, reset, bound, buttons: buttonsFor(by, reset) };
}

function buttonsFor(by, reset) {
  const button = (label, sign, act) =>
    h("button", { type: "button", "aria-label": label, title: label, on: { click: act } }, sign);
  return h(
    "div",
    { class: "zoom", role: "group", "aria-label": "Zoom" },
    button("Zoom in", "+", () => by(1.6)),
    button("Zoom out", "−", () => by(1 / 1.6)),
    button("Whole chart", "⤢", reset),
  );
}

/** D3 takes all gestures for itself; one finger is the page's as long as the whole chart is in sight. */
function fingers(chart) {
  const zoomed = chart.transform.k > 1;
  chart.stage.classList.toggle("zoomed", zoomed);
  chart.stage.style.setProperty("touch-action", zoomed ? "none" : "pan-x pan-y");
}

function allowed(event, k) {
  if (event.type === "wheel") return event.ctrlKey || event.metaKey;
  if (event.touches) return event.touches.length > 1 || k > 1;
  return !event.button && k > 1;
}
