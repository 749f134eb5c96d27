/* The page viewer: draws pages, evidence and regions, and turns pages in the browser.
 *
 * gr.HTML starts it with `element`, `trigger`, `props` and `watch`. The server sends plain data
 * (ui/views/page_view.py). Untrusted text is set as text, never as markup, so nothing on a page can run.
 * The other parts of the viewer (page_*.js and those imported below) share page_state.js and are started here.
 * Events to the server: "showpage" and "showthumbs" request pictures, "attach" opens files in the text box,
 * "export" a download, "recall" the places of an earlier answer, "drawn" the text in a box, "readsources" where words come from, "again" and "act" the
 * buttons of the chat. Each part names its own events.
 */
import { startChatActions } from "./chat_actions.js";
import { byId, fileUrl, fill, make } from "./dom.js";
import { startDraft } from "./draft.js";
import { startDropdowns } from "./dropdowns.js";
import { between } from "./geometry.js";
import { startKeepingFocus } from "./keep_focus.js";
import { drawDrawing, stopDrawing } from "./page_box.js";
import { fillDrawn, startDraw, startDrawing } from "./page_draw.js";
import { drawFit, drawZoom, fitTo, measureRoom, reveal, startFrame, zoomBy } from "./page_frame.js";
import { drawEvidence, drawRegions, followWish, startLists } from "./page_lists.js";
import { drawMarks, glow, startMarks, toggleCategory } from "./page_marks.js";
import { askForPicture, pictureOf, startPictures, takePictures } from "./page_pictures.js";
import { drawCard, keepArmed, select, selectedNode, startSelect } from "./page_select.js";
import { drawSides, showSide, startSides } from "./page_sides.js";
import { connect, data, find, hasData, ordinal, props, shownPage, state, texts, view } from "./page_state.js";
import { drawSources, startSources } from "./page_sources.js";
import { drawStrip, startStrip, takeThumbnails } from "./page_strip.js";
import { drawRotate, sizeOf, turnFurther, turnImage } from "./page_turn.js";
import { startWalk, turnTo } from "./page_walk.js";
import { nameParts, startNames } from "./part_names.js";
import { startToasts } from "./toasts.js";

function drawBar(pages, page) {
  const words = texts().page;
  const names = { "page-prev": words.previous, "page-next": words.next };
  for (const [id, name] of Object.entries(names)) {
    byId(id).setAttribute("aria-label", name);
    byId(id).title = name;
  }
  find("[data-zoom=in]").setAttribute("aria-label", words.zoom_in);
  find("[data-zoom=out]").setAttribute("aria-label", words.zoom_out);
  find(".sc-bar").setAttribute("aria-label", words.label);
  find(".sc-desk").setAttribute("aria-label", words.label);
  byId("page-prev").disabled = state.at <= 0;
  byId("page-next").disabled = state.at >= pages.length - 1;
  drawFit(page);
  drawZoom(page);
  drawRotate(page);
  drawPosition(pages, page);
}

/* The position: the file, an input with the page's number among all pages, and its number in the file. */
function drawPosition(pages, page) {
  const words = texts().page;
  const values = page ? { name: page.name, page: page.page + 1, pages: page.pages } : {};
  const named = page ? fill(words.position, values) : "";
  find(".sc-position").title = named;
  find(".sc-name").textContent = page?.name ?? "";
  // With several files, also show the number of the page within its file.
  const own = page && (pages.length === 1 || pages.length > page.pages);
  find(".sc-overall").textContent = own ? fill(words.number, values) : "";
  // A live region: set it only when it changes, or it is read out again.
  const said = find(".sc-where-said");
  if (said.textContent !== named) said.textContent = named;
  find(".sc-jump").hidden = pages.length < 2;
  const box = find(".sc-jump input");
  box.setAttribute("aria-label", fill(words.go_to, { total: pages.length }));
  find(".sc-of").textContent = fill(words.of, { total: pages.length });
  box.style.setProperty("--digits", String(pages.length).length);
  if (document.activeElement !== box) box.value = String(state.at + 1);
}

/* The 0-based index of the page that was typed, out of `count`; `at` for anything but a whole number. */
export function typedPage(typed, at, count) {
  const number = Number(typed);
  return typed.trim() && Number.isInteger(number) ? between(number, 1, count) - 1 : at;
}

/* Turn to the page whose number was typed. */
function jump() {
  const box = find(".sc-jump input");
  const wanted = typedPage(box.value, state.at, data().pages.length);
  if (wanted !== state.at) turnTo(wanted);
  box.value = String(state.at + 1);
}

function drawImage(page) {
  const paper = find(".sc-paper");
  const image = find(".sc-image");
  const message = find(".sc-empty");
  paper.hidden = !page;
  message.textContent = page ? "" : texts().page.empty;
  message.hidden = Boolean(page);
  find(".sc-desk").classList.toggle("sc-bare", !page);
  if (!page) {
    image.removeAttribute("src");
    return;
  }
  // The paper has its size before the picture arrives, so nothing jumps.
  const [width, height] = sizeOf(page);
  paper.style.aspectRatio = `${width} / ${height}`;
  if (!state.room) measureRoom();
  paper.dataset.fit = state.fit;
  paper.style.setProperty("--room", `${state.room}px`);
  paper.style.setProperty("--zoom", state.zoom);
  paper.style.setProperty("--ratio", width / height);
  turnImage(page);
  const name = fill(texts().page.position, {
    name: page.name, page: page.page + 1, pages: page.pages,
  });
  image.alt = name;
  const path = pictureOf(page);
  paper.classList.toggle("sc-waiting", !path);
  paper.dataset.message = path === "" ? texts().page.failed : texts().page.loading;
  if (path) {
    const url = fileUrl(path);
    if (image.getAttribute("src") !== url) image.setAttribute("src", url);
    image.hidden = false;
  } else {
    image.removeAttribute("src");
    image.hidden = true;
    askForPicture(page);
  }
}

/* The index of the page that the server requests; -1 if it requests none, the page is gone, or the request was
 * followed before. wish: {document, page, number}, or null. */
export const requestedPage = (wish, followed, pages) =>
  wish && wish.number !== followed ? ordinal(wish, pages) : -1;

/* Turn to the page that the server requests, once for each request. Returns whether to show the evidence. */
function follow() {
  const { jump: wish, pages } = data();
  const index = requestedPage(wish, state.followed, pages);
  state.followed = wish?.number ?? state.followed;
  if (index < 0) return false;
  if (index !== state.at) stopDrawing();
  state.at = index;
  return wish.evidence;
}

function draw() {
  const { pages } = data();
  document.documentElement.lang = texts().language;
  find(".sc-desk").dataset.ready = String(hasData());
  takePictures();
  const toEvidence = follow();
  state.at = Math.max(0, Math.min(state.at, pages.length - 1));
  const page = pages[state.at];
  drawBar(pages, page);
  drawImage(page);
  drawDrawing(page);
  drawMarks(page);
  drawSources(page);
  drawStrip(pages);
  drawSides();
  drawCard();
  keepArmed();
  drawEvidence();
  drawRegions();
  nameParts();
  if (toEvidence) glow("[data-evidence]");
  followWish();
  document.dispatchEvent(new CustomEvent("scanchat-page"));
}

function save() {
  const wish = props().download;
  if (!wish || wish.number === state.saved) return;
  state.saved = wish.number;
  if (!wish.path) return;
  const link = make("a", "", { href: fileUrl(wish.path), download: wish.path.split("/").at(-1) });
  document.body.append(link);
  link.click();
  link.remove();
}

function onClick(event) {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.id === "page-prev") turnTo(state.at - 1);
  else if (button.id === "page-next") turnTo(state.at + 1);
  else if (button.dataset.zoom) zoomBy(button.dataset.zoom === "in" ? 1 : -1);
  else if (button.dataset.fit) fitTo(button.dataset.fit);
  else if ("rotate" in button.dataset) rotate();
  else if (button.dataset.legend) toggleCategory(button.dataset.legend);
  else if ("draw" in button.dataset) {
    if (state.drawing) stopDrawing();
    else startDrawing(event.detail === 0 ? "keys" : "pointer");
  }
}

/* A request by another module to show a place: document, page, bbox, text, title. */
function onPlace(event) {
  const mark = { kind: "drawn", ...event.detail };
  const index = ordinal(mark);
  if (index < 0) return;
  if (index !== state.at) turnTo(index);
  showSide("page");
  select(mark, "list");
}

/* A request by another module to show a page: document, page. */
function onTurn(event) {
  const index = ordinal(event.detail);
  if (index >= 0 && index !== state.at) turnTo(index);
}

/* The index of the page to which a key turns; null if it turns to none. */
export function pageByKey(key, at, count) {
  if ((key === "PageDown" || key === "ArrowRight") && at < count - 1) return at + 1;
  if ((key === "PageUp" || key === "ArrowLeft") && at > 0) return at - 1;
  return null;
}

function onDeskKey(event) {
  if (event.target !== event.currentTarget) return;
  const next = pageByKey(event.key, state.at, data().pages.length);
  if (next === null) return;
  turnTo(next);
  event.preventDefault();
}

function rotate() {
  const page = shownPage();
  if (!page) return;
  turnFurther(page);
  draw();
  reveal(selectedNode());
}

function startView() {
  view().addEventListener("click", onClick);
  view().addEventListener("scanchat-place", onPlace);
  view().addEventListener("scanchat-turn", onTurn);
  const box = find(".sc-jump input");
  box.addEventListener("change", jump);
  box.addEventListener("focus", () => box.select());
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") jump();
  });
  find(".sc-desk").addEventListener("keydown", onDeskKey);
}

/* The parts listen to different things, so their order does not matter. */
const PARTS = [
  startView, startPictures, startFrame, startMarks, startWalk, startSelect, startDraw, startSources, startStrip,
  startSides, startLists, startNames, startChatActions, startKeepingFocus, startDraft, startDropdowns, startToasts,
];

export function start({ element, trigger, props: given, watch }) {
  connect({ element, trigger, props: given }, draw);
  for (const startPart of PARTS) startPart();
  watch(["value", "images", "strings"], draw);
  watch("thumbnails", takeThumbnails);
  watch("inside", fillDrawn);
  watch("sources", () => drawSources(shownPage()));
  watch("download", save);
  draw();
}
