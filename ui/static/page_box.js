/* The box that the user draws: what is seen of it while it is drawn and after. page_draw.js does the drawing. */
import { find, samePage, shownPage, state, texts } from "./page_state.js";
import { place, titleOf } from "./page_marks.js";

/* Show the box being drawn, or the selected drawn box if its page is shown. */
export function drawBox() {
  const node = find(".sc-box");
  const page = shownPage();
  const mark = state.selected;
  const done = mark?.kind === "drawn" && page && samePage(mark, page);
  const bbox = state.drawing ? state.draft?.bbox : done && mark.bbox;
  node.toggleAttribute("hidden", !bbox);
  node.classList.toggle("sc-done", !state.drawing);
  node.tabIndex = state.drawing ? 0 : -1;
  // The role "application" takes keys from a screen reader, so only a box that arrow keys move has it.
  node.setAttribute("role", state.drawing ? "application" : "img");
  for (const name of ["data-box", "data-page", "data-bbox", "aria-current"]) {
    node.removeAttribute(name);
  }
  if (!bbox) return;
  node.setAttribute("aria-label", state.drawing ? texts().draw.keys : titleOf(mark));
  place(node, bbox);
  if (state.drawing) return;
  node.setAttribute("data-box", "");
  node.setAttribute("data-page", page.page);
  node.setAttribute("data-bbox", bbox.join(","));
}

export function drawDrawing(page) {
  const button = find("[data-draw]");
  const words = texts().draw;
  if (!page) state.drawing = false;
  button.disabled = !page;
  button.title = words.button;
  button.setAttribute("aria-label", words.button);
  button.setAttribute("aria-pressed", String(state.drawing));
  find(".sc-paper").classList.toggle("sc-drawing", state.drawing);
  find(".sc-how").hidden = !state.drawing;
  find(".sc-how").textContent = state.drawing ? words.how : "";
}

export function stopDrawing() {
  if (!state.drawing) return;
  state.drawing = false;
  state.draft = null;
  drawDrawing(shownPage());
  drawBox();
}
