/* Rotation of the page by quarter turns, and zoom.
 *
 * Places stay in page pixels. The frame of the rotated page is called the view: the same pixels, with the origin
 * at the corner that is now the upper left one. Labels and arrow keys use the view.
 * A part of the page viewer's script (ui/views/page_column.py joins the parts in one scope).
 */
const ZOOMS = [1, 1.5, 2, 3, 4];
/* document -> quarter turns clockwise: if a scan lies on its side, all its pages do. */
const turns = new Map();
const turnOf = (page) => turns.get(page.document) ?? 0;
const sizeOf = ({ width, height, ...page }) =>
  turnOf(page) % 2 ? [height, width] : [width, height];

/* Convert a point from page pixels to the view, and back. */
function toView(page, [x, y]) {
  const { width, height } = page;
  return [[x, y], [height - y, x], [width - x, height - y], [y, width - x]][turnOf(page)];
}

function toPage(page, [x, y]) {
  const { width, height } = page;
  return [[x, y], [y, height - x], [width - x, height - y], [width - y, x]][turnOf(page)];
}

/* The box between any two opposite corners. */
const hull = ([x0, y0], [x1, y1]) => [
  Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1),
];
const boxInView = (page, [x0, y0, x1, y1]) => hull(toView(page, [x0, y0]), toView(page, [x1, y1]));

function rotate() {
  const page = data().pages[state.at];
  if (!page) return;
  turns.set(page.document, (turnOf(page) + 1) % 4);
  draw();
  reveal(selectedNode());
}

function drawRotate(page) {
  const button = find("[data-rotate]");
  button.disabled = !page;
  button.title = texts().page.rotate;
  button.setAttribute("aria-label", texts().page.rotate);
}

/* The picture keeps its own width and height and is rotated about the middle of the paper. */
function turnImage(page) {
  const image = find(".sc-image");
  const [width, height] = sizeOf(page);
  image.style.width = `${(100 * page.width) / width}%`;
  image.style.height = `${(100 * page.height) / height}%`;
  image.style.rotate = `${90 * turnOf(page)}deg`;
}

/* Boxes keep their page pixels; the layer's transform rotates them. */
function turnLayer(page) {
  const { width, height } = page;
  LAYER.setAttribute("viewBox", `0 0 ${sizeOf(page).join(" ")}`);
  const matrix = [
    "1 0 0 1 0 0", `0 1 -1 0 ${height} 0`, `-1 0 0 -1 ${width} ${height}`, `0 -1 1 0 0 ${width}`,
  ][turnOf(page)];
  for (const group of LAYER.querySelectorAll("[data-turned]")) {
    group.setAttribute("transform", `matrix(${matrix})`);
  }
}

function drawZoom(page) {
  find("[data-zoom=in]").disabled = !page || state.zoom >= ZOOMS.at(-1);
  find("[data-zoom=out]").disabled = !page || state.zoom <= ZOOMS[0];
}

/* Zoom to the next preset size. */
function zoom(step) {
  const sizes = step > 0 ? ZOOMS : [...ZOOMS].reverse();
  const next = sizes.find((size) => (size - state.zoom) * step > 0.001);
  if (next) zoomTo(next);
}

/* at: the point of the screen [x, y] that keeps its place on the page; the middle if none is given. */
function zoomTo(wanted, at) {
  const page = data().pages[state.at];
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

/* A pinch on a trackpad arrives as wheel events with Ctrl, in many small steps. */
find(".sc-desk").addEventListener("wheel", (event) => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  const pixels = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? event.deltaY : 25 * event.deltaY;
  zoomTo(state.zoom * Math.exp(-between(pixels, -25, 25) / 100), [event.clientX, event.clientY]);
}, { passive: false });

/* A pinch with two fingers: their distance and the zoom at its start. */
let pinch = null;

function twoFingers({ touches: [one, other] }) {
  return {
    apart: Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY),
    middle: [(one.clientX + other.clientX) / 2, (one.clientY + other.clientY) / 2],
  };
}

find(".sc-desk").addEventListener("touchstart", (event) => {
  pinch = event.touches.length === 2 && !state.drawing
    ? { ...twoFingers(event), zoom: state.zoom }
    : null;
}, { passive: true });

find(".sc-desk").addEventListener("touchmove", (event) => {
  if (!pinch || event.touches.length !== 2) return;
  event.preventDefault();
  const { apart, middle } = twoFingers(event);
  zoomTo((pinch.zoom * apart) / Math.max(1, pinch.apart), middle);
}, { passive: false });

find(".sc-desk").addEventListener("touchend", () => { pinch = null; });
