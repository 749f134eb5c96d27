/* The frame in which the page is shown: the room for it, its size (fit and zoom, also by pinch), and scrolling. */
import { byId } from "./dom.js";
import { between } from "./geometry.js";
import { find, isNarrow, redraw, shownPage, state, texts } from "./page_state.js";

const ZOOMS = [1, 1.5, 2, 3, 4];
/* A pinch with two fingers: their distance and the zoom at its start. */
let pinch = null;

/* Measure the height into which a whole page is fitted: that of .sc-desk without the card and the drawing hint.
 * The lists below reduce this height as they grow. The page does not shrink below 60 % of the column, so it stays
 * readable, until the user presses "whole page": then it is fitted to the visible height.
 */
export function measureRoom() {
  const desk = find(".sc-desk");
  if (!desk.clientHeight) return; // not on the screen
  const style = getComputedStyle(desk);
  const padding = parseFloat(style.paddingTop) + parseFloat(style.paddingBottom);
  const passing = find(".sc-card").offsetHeight + find(".sc-how").offsetHeight;
  // On a narrow screen the column grows with its lists and the viewer's height is fixed.
  const least = state.whole || isNarrow() ? 0 : 0.6 * (byId("look")?.clientHeight ?? 0);
  state.room = Math.max(120, least, desk.clientHeight + passing - padding);
}

export function drawFit(page) {
  const words = texts().page;
  for (const [kind, name] of [["page", words.fit_page], ["width", words.fit_width]]) {
    const button = find(`[data-fit=${kind}]`);
    button.disabled = !page;
    button.title = name;
    button.setAttribute("aria-label", name);
    button.setAttribute("aria-pressed", String(state.fit === kind && state.zoom === 1));
  }
}

export function fitTo(kind) {
  state.fit = kind;
  state.zoom = 1;
  state.whole = kind === "page";
  measureRoom();
  redraw();
}

export function drawZoom(page) {
  find("[data-zoom=in]").disabled = !page || state.zoom >= ZOOMS.at(-1);
  find("[data-zoom=out]").disabled = !page || state.zoom <= ZOOMS[0];
}

/* The next preset size from a zoom; undefined at the end. step: 1 for a larger one, -1 for a smaller one. */
export function nextZoom(zoom, step) {
  const sizes = step > 0 ? ZOOMS : [...ZOOMS].reverse();
  return sizes.find((size) => (size - zoom) * step > 0.001);
}

/* Zoom to the next preset size. */
export function zoomBy(step) {
  const next = nextZoom(state.zoom, step);
  if (next) zoomTo(next);
}

/* at: the point of the screen [x, y] that keeps its place on the page; the middle if none is given. */
function zoomTo(wanted, at) {
  const page = shownPage();
  if (!page) return;
  const desk = find(".sc-desk");
  const paper = find(".sc-paper");
  const frame = desk.getBoundingClientRect();
  const [x, y] = at ?? [frame.left + frame.width / 2, frame.top + frame.height / 2];
  const before = paper.getBoundingClientRect();
  state.zoom = between(wanted, ZOOMS[0], ZOOMS.at(-1));
  paper.style.setProperty("--zoom", state.zoom);
  drawZoom(page);
  drawFit(page);
  const after = paper.getBoundingClientRect();
  desk.scrollLeft += after.left - x + ((x - before.left) / before.width) * after.width;
  desk.scrollTop += after.top - y + ((y - before.top) / before.height) * after.height;
}

/* Scroll only the page's frame until a node is in view. */
export function reveal(node) {
  if (!node) return;
  const desk = find(".sc-desk");
  const frame = desk.getBoundingClientRect();
  const box = node.getBoundingClientRect();
  if (box.top < frame.top || box.bottom > frame.bottom) {
    desk.scrollTop += box.top - frame.top - frame.height / 3;
  }
  if (box.left < frame.left || box.right > frame.right) {
    desk.scrollLeft += box.left - frame.left - frame.width / 3;
  }
}

/* A pinch on a trackpad arrives as wheel events with Ctrl, in many small steps. */
function onWheel(event) {
  if (!event.ctrlKey) return;
  event.preventDefault();
  const pixels = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? event.deltaY : 25 * event.deltaY;
  zoomTo(state.zoom * Math.exp(-between(pixels, -25, 25) / 100), [event.clientX, event.clientY]);
}

function twoFingers({ touches: [one, other] }) {
  return {
    apart: Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY),
    middle: [(one.clientX + other.clientX) / 2, (one.clientY + other.clientY) / 2],
  };
}

function onTouchStart(event) {
  pinch = event.touches.length === 2 && !state.drawing
    ? { ...twoFingers(event), zoom: state.zoom }
    : null;
}

function onTouchMove(event) {
  if (!pinch || event.touches.length !== 2) return;
  event.preventDefault();
  const { apart, middle } = twoFingers(event);
  zoomTo((pinch.zoom * apart) / Math.max(1, pinch.apart), middle);
}

export function startFrame() {
  const desk = find(".sc-desk");
  new ResizeObserver(() => {
    const before = state.room;
    measureRoom();
    if (state.room !== before) find(".sc-paper").style.setProperty("--room", `${state.room}px`);
  }).observe(desk);
  window.addEventListener("resize", () => {
    measureRoom();
    redraw();
  });
  desk.addEventListener("wheel", onWheel, { passive: false });
  desk.addEventListener("touchstart", onTouchStart, { passive: true });
  desk.addEventListener("touchmove", onTouchMove, { passive: false });
  desk.addEventListener("touchend", () => { pinch = null; });
}
