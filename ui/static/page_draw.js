/* Drawing a box on the page by mouse, pen, finger or keys; an accepted box becomes the selected place.
 *
 * Boxes are in page pixels and stay within the page. The event "drawn" asks the server for the text in the box,
 * which comes back in the property `inside`. A part of the page viewer's script (ui/views/page_column.py joins
 * the parts in one scope).
 */
const BOX = find(".sc-box");
const PAPER = find(".sc-paper");
const SMALLEST = 8; // CSS pixels; a smaller box counts as a click
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const shownPage = () => data().pages[state.at];
const between = (value, low, high) => Math.max(low, Math.min(value, high));

/* Show the box being drawn, or the selected drawn box if its page is shown. */
function drawBox() {
  const page = shownPage();
  const mark = state.selected;
  const done = mark?.kind === "drawn" && page && samePage(mark, page);
  const bbox = state.drawing ? state.draft?.bbox : done && mark.bbox;
  BOX.toggleAttribute("hidden", !bbox);
  BOX.classList.toggle("sc-done", !state.drawing);
  BOX.tabIndex = state.drawing ? 0 : -1;
  // The role "application" takes keys from a screen reader, so only a box that arrow keys move has it.
  BOX.setAttribute("role", state.drawing ? "application" : "img");
  for (const name of ["data-box", "data-page", "data-bbox", "aria-current"]) {
    BOX.removeAttribute(name);
  }
  if (!bbox) return;
  BOX.setAttribute("aria-label", state.drawing ? texts().draw.keys : titleOf(mark));
  place(BOX, bbox);
  if (state.drawing) return;
  BOX.setAttribute("data-box", "");
  BOX.setAttribute("data-page", page.page);
  BOX.setAttribute("data-bbox", bbox.join(","));
}

function drawDrawing(page) {
  const button = find("[data-draw]");
  const words = texts().draw;
  if (!page) state.drawing = false;
  button.disabled = !page;
  button.title = words.button;
  button.setAttribute("aria-label", words.button);
  button.setAttribute("aria-pressed", String(state.drawing));
  PAPER.classList.toggle("sc-drawing", state.drawing);
  find(".sc-how").hidden = !state.drawing;
  find(".sc-how").textContent = state.drawing ? words.how : "";
}

/* Start drawing. how: "keys" starts with a box in the middle. */
function startDrawing(how) {
  state.drawing = true;
  state.draft = null;
  drawDrawing(shownPage());
  if (how === "keys") begin();
  else find(".sc-desk").focus({ preventScroll: true });
  drawBox();
}

function stopDrawing() {
  if (!state.drawing) return;
  state.drawing = false;
  state.draft = null;
  drawDrawing(shownPage());
  drawBox();
}

/* Put a first box in the middle of the visible part of the page. */
function begin() {
  const [desk, paper] = [find(".sc-desk"), PAPER].map((node) => node.getBoundingClientRect());
  const seen = [
    Math.max(desk.left, paper.left), Math.max(desk.top, paper.top),
    Math.min(desk.right, paper.right), Math.min(desk.bottom, paper.bottom),
  ];
  const [left, top, right, bottom] = hull(onPage(seen[0], seen[1]), onPage(seen[2], seen[3]));
  const [width, height] = [(right - left) / 4, (bottom - top) / 4];
  state.draft = { bbox: [left + width, top + height, right - width, bottom - height] };
  drawBox();
  BOX.focus({ preventScroll: true });
}

/* A point of the screen in page pixels, clamped to the page. */
function onPage(x, y) {
  const frame = PAPER.getBoundingClientRect();
  const page = shownPage();
  const [width, height] = sizeOf(page);
  return toPage(page, [
    between(((x - frame.left) / frame.width) * width, 0, width),
    between(((y - frame.top) / frame.height) * height, 0, height),
  ]);
}

/* Accept the box: it becomes the selected place. */
function accept(how) {
  const page = shownPage();
  const bbox = state.draft.bbox.map((edge) => Math.round(edge * 100) / 100);
  stopDrawing();
  const mark = { kind: "drawn", document: page.document, page: page.page, bbox, text: "" };
  select({ ...mark, reading: true }, how);
  trigger("drawn", { document: mark.document, page: mark.page, bbox });
}

/* The server has read what is printed in a drawn box. */
function fillDrawn() {
  const [read, mark] = [props.inside, state.selected];
  if (!read || mark?.kind !== "drawn" || !mark.reading) return;
  if (!samePage(read, mark) || String(read.bbox) !== String(mark.bbox)) return;
  mark.text = read.text;
  mark.reading = false;
  drawCard();
  say(short(mark.text || texts().card.drawn));
}

PAPER.addEventListener("pointerdown", (event) => {
  if (!state.drawing || !event.isPrimary || event.button !== 0) return;
  event.preventDefault();
  PAPER.setPointerCapture(event.pointerId);
  const from = onPage(event.clientX, event.clientY);
  state.draft = { from, screen: [event.clientX, event.clientY], bbox: [...from, ...from] };
});

PAPER.addEventListener("pointermove", (event) => {
  const from = state.drawing && event.isPrimary && state.draft?.from;
  if (!from) return;
  const to = onPage(event.clientX, event.clientY);
  state.draft.bbox = hull(from, to);
  drawBox();
});

PAPER.addEventListener("pointerup", (event) => {
  if (!state.drawing || !event.isPrimary || !state.draft?.from) return;
  const [left, top, right, bottom] = state.draft.bbox;
  const scale = PAPER.getBoundingClientRect().width / sizeOf(shownPage())[0];
  if (Math.min(right - left, bottom - top) * scale >= SMALLEST) {
    accept(event.pointerType === "touch" ? "touch" : "mouse");
    return;
  }
  state.draft = null;
  drawBox();
});

PAPER.addEventListener("pointercancel", () => {
  if (!state.draft?.from) return;
  state.draft = null;
  drawBox();
});

/* Arrow keys move the box; with Shift they move its lower right corner. */
function moveBox([right, down], resize) {
  const page = shownPage();
  const [pageWidth, pageHeight] = sizeOf(page);
  const step = Math.max(pageWidth, pageHeight) / 100;
  const least = 2 * step;
  // Right and down are those of the screen, whichever way the page is turned.
  let [x0, y0, x1, y1] = boxInView(page, state.draft.bbox);
  if (resize) {
    x1 = between(x1 + right * step, x0 + least, pageWidth);
    y1 = between(y1 + down * step, y0 + least, pageHeight);
  } else {
    const [width, height] = [x1 - x0, y1 - y0];
    x0 = between(x0 + right * step, 0, pageWidth - width);
    y0 = between(y0 + down * step, 0, pageHeight - height);
    [x1, y1] = [x0 + width, y0 + height];
  }
  const far = [Math.min(x1, pageWidth), Math.min(y1, pageHeight)];
  state.draft.bbox = hull(toPage(page, [x0, y0]), toPage(page, far));
  drawBox();
  reveal(BOX);
}

view.addEventListener("keydown", (event) => {
  if (!state.drawing) return;
  const arrow = ARROWS[event.key];
  if (event.key === "Escape") {
    stopDrawing();
    find("[data-draw]").focus();
  } else if (arrow && !state.draft?.from) {
    if (state.draft) moveBox(arrow, event.shiftKey);
    else begin();
  } else if (event.key === "Enter" && event.target === BOX) accept("keys");
  else return;
  event.preventDefault();
  event.stopPropagation();
}, true);
