/* Drawing a box on the page by mouse, pen, finger or keys; an accepted box becomes the selected place.
 *
 * Boxes are in page pixels and stay within the page. The event "drawn" asks the server for the text in the box,
 * which comes back in the property `inside`.
 */
import { hull, isDrawn, middleOf, movedBox, pointOnPage, rounded } from "./geometry.js";
import { drawBox, drawDrawing, stopDrawing } from "./page_box.js";
import { reveal } from "./page_frame.js";
import { short } from "./page_marks.js";
import { drawCard, select } from "./page_select.js";
import { find, props, samePage, say, shownPage, state, texts, trigger, view } from "./page_state.js";
import { sizeOf, turnOf } from "./page_turn.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/* Start drawing. how: "keys" starts with a box in the middle. */
export function startDrawing(how) {
  state.drawing = true;
  state.draft = null;
  drawDrawing(shownPage());
  if (how === "keys") begin();
  else find(".sc-desk").focus({ preventScroll: true });
  drawBox();
}

/* Put a first box in the middle of the visible part of the page. */
function begin() {
  const [desk, paper] = [".sc-desk", ".sc-paper"].map((name) => find(name).getBoundingClientRect());
  const from = onPage(Math.max(desk.left, paper.left), Math.max(desk.top, paper.top));
  const to = onPage(Math.min(desk.right, paper.right), Math.min(desk.bottom, paper.bottom));
  state.draft = { bbox: middleOf(hull(from, to)) };
  drawBox();
  find(".sc-box").focus({ preventScroll: true });
}

/* A point of the screen in page pixels, clamped to the page. */
function onPage(x, y) {
  const page = shownPage();
  return pointOnPage(page, turnOf(page), find(".sc-paper").getBoundingClientRect(), [x, y]);
}

/* Accept the box: it becomes the selected place. */
function accept(how) {
  const page = shownPage();
  const bbox = rounded(state.draft.bbox);
  stopDrawing();
  const mark = { kind: "drawn", document: page.document, page: page.page, bbox, text: "" };
  select({ ...mark, reading: true }, how);
  trigger("drawn", { document: mark.document, page: mark.page, bbox });
}

/* The server has read what is printed in a drawn box. */
export function fillDrawn() {
  const [read, mark] = [props().inside, state.selected];
  if (!read || mark?.kind !== "drawn" || !mark.reading) return;
  if (!samePage(read, mark) || String(read.bbox) !== String(mark.bbox)) return;
  mark.text = read.text;
  mark.reading = false;
  drawCard();
  say(short(mark.text || texts().card.drawn));
}

function onPointerDown(event) {
  if (!state.drawing || !event.isPrimary || event.button !== 0) return;
  event.preventDefault();
  find(".sc-paper").setPointerCapture(event.pointerId);
  const from = onPage(event.clientX, event.clientY);
  state.draft = { from, screen: [event.clientX, event.clientY], bbox: [...from, ...from] };
}

function onPointerMove(event) {
  const from = state.drawing && event.isPrimary && state.draft?.from;
  if (!from) return;
  state.draft.bbox = hull(from, onPage(event.clientX, event.clientY));
  drawBox();
}

function onPointerUp(event) {
  if (!state.drawing || !event.isPrimary || !state.draft?.from) return;
  const scale = find(".sc-paper").getBoundingClientRect().width / sizeOf(shownPage())[0];
  if (isDrawn(state.draft.bbox, scale)) {
    accept(event.pointerType === "touch" ? "touch" : "mouse");
    return;
  }
  state.draft = null;
  drawBox();
}

function onPointerCancel() {
  if (!state.draft?.from) return;
  state.draft = null;
  drawBox();
}

/* Arrow keys move the box; with Shift they move its lower right corner. */
function moveBox(arrow, resize) {
  const page = shownPage();
  state.draft.bbox = movedBox(page, turnOf(page), state.draft.bbox, arrow, resize);
  drawBox();
  reveal(find(".sc-box"));
}

function onKey(event) {
  if (!state.drawing) return;
  const arrow = ARROWS[event.key];
  if (event.key === "Escape") {
    stopDrawing();
    find("[data-draw]").focus();
  } else if (arrow && !state.draft?.from) {
    if (state.draft) moveBox(arrow, event.shiftKey);
    else begin();
  } else if (event.key === "Enter" && event.target === find(".sc-box")) accept("keys");
  else return;
  event.preventDefault();
  event.stopPropagation();
}

export function startDraw() {
  const paper = find(".sc-paper");
  paper.addEventListener("pointerdown", onPointerDown);
  paper.addEventListener("pointermove", onPointerMove);
  paper.addEventListener("pointerup", onPointerUp);
  paper.addEventListener("pointercancel", onPointerCancel);
  view().addEventListener("keydown", onKey, true);
}
