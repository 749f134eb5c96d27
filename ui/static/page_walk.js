/* Navigation: from page to page, and among the boxes of a page by pointer, by keys in reading order, and from the
 * lists.
 */
import { between, smallest } from "./geometry.js";
import { stopDrawing } from "./page_box.js";
import { reveal } from "./page_frame.js";
import { drawn, glow } from "./page_marks.js";
import { BOXES, pick } from "./page_select.js";
import { showSide } from "./page_sides.js";
import { find, ordinal, redraw, state, view } from "./page_state.js";

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/* Where a key leads in a row of `count` things, of which `at` has the focus; null if it leads nowhere. */
export function stepTo(key, at, count) {
  const ends = { Home: 0, End: count - 1 };
  const next = ends[key] ?? (key in STEPS ? at + STEPS[key] : null);
  return next === null ? null : between(next, 0, count - 1);
}

/* Show another page. index: 0-based, among all pages. */
export function turnTo(index) {
  stopDrawing();
  state.at = index;
  redraw();
  find(".sc-desk").scrollTop = 0;
}

function bringIntoSight() {
  showSide("page");
  const top = view().getBoundingClientRect().top;
  if (top < 0 || top > 0.5 * window.innerHeight) {
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    view().scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
  }
}

export function showMark(mark, selector) {
  const index = ordinal(mark);
  if (index < 0) return;
  if (index !== state.at) turnTo(index);
  showSide("page");
  glow(selector);
  bringIntoSight();
}

/* The reachable boxes: visible regions in reading order, then the places of the answer. */
function walk() {
  const regions = drawn.region.filter(({ mark }) => !state.hidden.has(mark.category));
  regions.sort((one, other) => one.mark.order - other.mark.order);
  return [...regions, ...drawn.evidence];
}

/* The entry of the box under a click; of overlapping boxes the smallest. */
function boxAt(event) {
  const under =
    event.detail === 0
      ? [event.target]
      : document.elementsFromPoint(event.clientX, event.clientY);
  return smallest(walk().filter(({ node }) => under.includes(node)));
}

function onClick(event) {
  const entry = boxAt(event);
  if (!entry || state.drawing) return;
  // A click without a pointer comes from a screen reader.
  const touch = event.pointerType === "touch" ? "touch" : "mouse";
  pick({ kind: entry.kind, ...entry.mark }, event.detail === 0 ? "keys" : touch);
}

function onKey(event) {
  const boxes = walk();
  const at = boxes.findIndex(({ node }) => node === event.target);
  if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Enter" || event.key === " ") {
    pick({ kind: boxes[at].kind, ...boxes[at].mark }, "keys");
  } else {
    const next = stepTo(event.key, at, boxes.length);
    if (next === null) return;
    boxes[next].node.focus({ preventScroll: true });
  }
  event.preventDefault();
}

export function startWalk() {
  const layer = find(".sc-layer");
  layer.addEventListener("click", onClick);
  layer.addEventListener("keydown", onKey);
  // Scroll the page's frame to the box that the keyboard focuses.
  layer.addEventListener("focusin", ({ target }) => {
    if (target.matches(BOXES) && target.matches(":focus-visible")) reveal(target);
  });
}
