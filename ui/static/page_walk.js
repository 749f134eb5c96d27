/* Navigation among the boxes of the page: by pointer, by keys in reading order, and from the lists.
 *
 * A part of the page viewer's script (ui/views/page_column.py joins the parts in one scope).
 */
const BOXES = ".sc-region, .sc-evidence";
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/* Make marks glow, and scroll the page's frame to the first one. */
function glow(selector) {
  const nodes = [...find(".sc-marks").querySelectorAll(selector)];
  for (const node of nodes) {
    node.classList.remove("sc-glow");
    void node.getBoundingClientRect(); // restarts the animation
    node.classList.add("sc-glow");
  }
  reveal(nodes[0]);
}

/* Scroll only the page's frame until a node is in view. */
function reveal(node) {
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

function showMark(mark, selector) {
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
  const size = ({ mark: { bbox } }) => (bbox[2] - bbox[0]) * (bbox[3] - bbox[1]);
  const hit = walk().filter(({ node }) => under.includes(node));
  return hit.sort((one, other) => size(one) - size(other))[0];
}

LAYER.addEventListener("click", (event) => {
  const entry = boxAt(event);
  if (!entry || state.drawing) return;
  // A click without a pointer comes from a screen reader.
  const touch = event.pointerType === "touch" ? "touch" : "mouse";
  pick({ kind: entry.kind, ...entry.mark }, event.detail === 0 ? "keys" : touch);
});

LAYER.addEventListener("keydown", (event) => {
  const boxes = walk();
  const at = boxes.findIndex(({ node }) => node === event.target);
  if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Enter" || event.key === " ") {
    pick({ kind: boxes[at].kind, ...boxes[at].mark }, "keys");
  } else {
    const ends = { Home: 0, End: boxes.length - 1 };
    const next = ends[event.key] ?? (event.key in STEPS ? at + STEPS[event.key] : null);
    if (next === null) return;
    boxes[between(next, 0, boxes.length - 1)].node.focus({ preventScroll: true });
  }
  event.preventDefault();
});

/* Scroll the page's frame to the box that the keyboard focuses. */
LAYER.addEventListener("focusin", (event) => {
  if (event.target.matches(BOXES) && event.target.matches(":focus-visible")) reveal(event.target);
});
