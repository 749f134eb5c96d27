/* The page viewer: draws pages, evidence and regions, and turns pages in the browser.
 *
 * gr.HTML runs this with `element`, `trigger`, `props` and `watch`. The server sends plain data
 * (ui/views/page_view.py). Untrusted text is set as text, never as markup, so nothing on a page can run.
 * ui/views/page_column.py joins this file and the other parts (page_*.js, chat_actions.js, keep_focus.js,
 * draft.js, dropdowns.js, toasts.js) into one script with one scope, so they use each other's names.
 * Events to the server: "showpage" and "showthumbs" request pictures, "attach" opens files in the text box,
 * "export" a download, "recall" the places of an earlier answer, "drawn" the text in a box, "again" and "act" the
 * buttons of the chat. Each part names its own events.
 */
const byId = (id) => document.getElementById(id);
const view = element.closest("#page-view") ?? element;
const find = (selector) => view.querySelector(selector);
const narrow = window.matchMedia("(max-width: 900px)");
const state = {
  at: 0, followed: 0, zoom: 1, fit: narrow.matches ? "width" : "page", room: 0, whole: false, asked: new Set(), saved: 0,
  hidden: new Set(), // categories that the user does not want to see
  selected: null, // a place: kind, document, page, bbox, text
  armed: null, // the place that the next question is about
  drawing: false, // a box is being drawn; draft is its current state
  draft: null,
  wish: null, // a request to show the place of a mark in the chat: turn, number
};
/* What page_lists.js has drawn. */
const listed = { regions: 0, drawn: "[]", words: "" };

const NOTHING = { pages: [], evidence: [], regions: [], jump: null };
const data = () => (props.value?.pages ? props.value : NOTHING);
const texts = () => props.strings;
const fill = (template, values) =>
  template.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
const keyOf = (page) => `${page.document}/${page.page}`;
const samePage = (mark, page) => mark.document === page.document && mark.page === page.page;

function dress(node, className, attributes, text) {
  if (className) node.setAttribute("class", className);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text) node.textContent = text;
  return node;
}

const make = (tag, className = "", attributes = {}, text = "") =>
  dress(document.createElement(tag), className, attributes, text);

/* The URL of a server path. Gradio serves files below its own root, which a proxy may move. */
function fileUrl(path) {
  const config = window.gradio_config ?? {};
  const root = (config.root ?? "").replace(/\/$/, "");
  const prefix = config.api_prefix ?? "/gradio_api";
  return `${root}${prefix}/file=${path.split("/").map(encodeURIComponent).join("/")}`;
}

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

/* Turn to the page whose number was typed; anything but a whole number is ignored. */
function jump() {
  const box = find(".sc-jump input");
  const { length } = data().pages;
  const number = Number(box.value.trim());
  const wanted = Number.isInteger(number) ? between(number, 1, length) - 1 : state.at;
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
  const path = pictures[keyOf(page)];
  paper.classList.toggle("sc-waiting", !path);
  paper.dataset.message = path === "" ? texts().page.failed : texts().page.loading;
  if (path) {
    const url = fileUrl(path);
    if (image.getAttribute("src") !== url) image.setAttribute("src", url);
    image.hidden = false;
  } else {
    image.removeAttribute("src");
    image.hidden = true;
    ask(page);
  }
}

/* Turn to the page that the server requests, once for each request. Returns whether to show the evidence. */
function follow() {
  const { jump } = data();
  if (!jump || jump.number === state.followed) return false;
  state.followed = jump.number;
  const index = ordinal(jump);
  if (index < 0) return false;
  if (index !== state.at) stopDrawing();
  state.at = index;
  return jump.evidence;
}

function draw() {
  const { pages } = data();
  document.documentElement.lang = texts().language;
  // The first value from the server means that this browser has a session.
  find(".sc-desk").dataset.ready = String(data() !== NOTHING);
  takePictures();
  const toEvidence = follow();
  state.at = Math.max(0, Math.min(state.at, pages.length - 1));
  const page = pages[state.at];
  drawBar(pages, page);
  drawImage(page);
  drawDrawing(page);
  drawMarks(page);
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

function turnTo(index) {
  stopDrawing();
  state.at = index;
  draw();
  find(".sc-desk").scrollTop = 0;
}

function bringIntoSight() {
  showSide("page");
  const top = view.getBoundingClientRect().top;
  if (top < 0 || top > 0.5 * window.innerHeight) {
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    view.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
  }
}

/* Measure the height into which a whole page is fitted: that of .sc-desk without the card and the drawing hint.
 * The lists below reduce this height as they grow. The page does not shrink below 60 % of the column, so it stays
 * readable, until the user presses "whole page": then it is fitted to the visible height.
 */
function measureRoom() {
  const desk = find(".sc-desk");
  if (!desk.clientHeight) return; // not on the screen
  const style = getComputedStyle(desk);
  const padding = parseFloat(style.paddingTop) + parseFloat(style.paddingBottom);
  const passing = find(".sc-card").offsetHeight + find(".sc-how").offsetHeight;
  // On a narrow screen the column grows with its lists and the viewer's height is fixed.
  const least = state.whole || narrow.matches ? 0 : 0.6 * (byId("look")?.clientHeight ?? 0);
  state.room = Math.max(120, least, desk.clientHeight + passing - padding);
}

new ResizeObserver(() => {
  const before = state.room;
  measureRoom();
  if (state.room !== before) PAPER.style.setProperty("--room", `${state.room}px`);
}).observe(find(".sc-desk"));

function drawFit(page) {
  const words = texts().page;
  for (const [kind, name] of [["page", words.fit_page], ["width", words.fit_width]]) {
    const button = find(`[data-fit=${kind}]`);
    button.disabled = !page;
    button.title = name;
    button.setAttribute("aria-label", name);
    button.setAttribute("aria-pressed", String(state.fit === kind && state.zoom === 1));
  }
}

function fitTo(kind) {
  state.fit = kind;
  state.zoom = 1;
  state.whole = kind === "page";
  measureRoom();
  draw();
}

window.addEventListener("resize", () => {
  measureRoom();
  draw();
});

function save() {
  const wish = props.download;
  if (!wish || wish.number === state.saved) return;
  state.saved = wish.number;
  if (!wish.path) return;
  const link = make("a", "", { href: fileUrl(wish.path), download: wish.path.split("/").at(-1) });
  document.body.append(link);
  link.click();
  link.remove();
}

view.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.id === "page-prev") turnTo(state.at - 1);
  else if (button.id === "page-next") turnTo(state.at + 1);
  else if (button.dataset.zoom) zoom(button.dataset.zoom === "in" ? 1 : -1);
  else if (button.dataset.fit) fitTo(button.dataset.fit);
  else if ("rotate" in button.dataset) rotate();
  else if (button.dataset.legend) toggleCategory(button.dataset.legend);
  else if ("draw" in button.dataset) {
    if (state.drawing) stopDrawing();
    else startDrawing(event.detail === 0 ? "keys" : "pointer");
  }
});

/* A request by another script to show a place: document, page, bbox, text, title. */
view.addEventListener("scanchat-place", (event) => {
  const mark = { kind: "drawn", ...event.detail };
  const index = ordinal(mark);
  if (index < 0) return;
  if (index !== state.at) turnTo(index);
  showSide("page");
  select(mark, "list");
});

/* A request by another script to show a page: document, page. */
view.addEventListener("scanchat-turn", (event) => {
  const index = ordinal(event.detail);
  if (index >= 0 && index !== state.at) turnTo(index);
});

find(".sc-jump input").addEventListener("change", jump);
find(".sc-jump input").addEventListener("focus", (event) => event.target.select());
find(".sc-jump input").addEventListener("keydown", (event) => {
  if (event.key === "Enter") jump();
});

find(".sc-desk").addEventListener("keydown", (event) => {
  if (event.target !== event.currentTarget) return;
  const { length } = data().pages;
  if ((event.key === "PageDown" || event.key === "ArrowRight") && state.at < length - 1) {
    turnTo(state.at + 1);
  } else if ((event.key === "PageUp" || event.key === "ArrowLeft") && state.at > 0) {
    turnTo(state.at - 1);
  } else return;
  event.preventDefault();
});
