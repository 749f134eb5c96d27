/* The strip of thumbnails: one button for each page, whose picture is requested when it scrolls into view.
 *
 * One request ("showthumbs") for a few pages is open at a time. The next one takes the pages then in view, so
 * pages that were scrolled past are not requested. The pictures come in the property `thumbnails`.
 */
import { fileUrl, fill, make } from "./dom.js";
import { data, find, keyOf, props, state, texts, trigger } from "./page_state.js";
import { turnOf } from "./page_turn.js";
import { stepTo, turnTo } from "./page_walk.js";

const AT_ONCE = 8; // pictures in one request; ui/events/thumbnails.py has the same limit
const PATIENCE = 30_000; // milliseconds after which a request counts as lost
const strip = { drawn: "", at: -1, buttons: [], seen: new Set(), asked: new Set(), waiting: 0, timer: 0, sight: null };

export function drawStrip(pages) {
  const host = find(".sc-strip");
  host.hidden = pages.length < 2;
  host.setAttribute("aria-label", texts().page.strip);
  const wanted = JSON.stringify(pages.map(keyOf));
  if (wanted !== strip.drawn) buildStrip(pages, wanted);
  const found = new Set(data().evidence.map(keyOf));
  for (const [index, button] of strip.buttons.entries()) dressThumb(button, index, pages[index], found);
  if (strip.at === state.at) return;
  strip.at = state.at;
  keepInSight(strip.buttons[state.at]);
}

function buildStrip(pages, wanted) {
  strip.drawn = wanted;
  strip.at = -1;
  strip.sight.disconnect();
  strip.seen.clear();
  strip.buttons = (pages.length < 2 ? [] : pages).map((page, index) => {
    const button = make("button", "sc-thumb", { type: "button", "data-thumb": index });
    const paper = make("span", "sc-thumb-paper", { "aria-hidden": "true" });
    paper.append(make("img", "", { alt: "", decoding: "async", draggable: "false" }));
    button.style.setProperty("--ratio", page.width / page.height);
    button.append(paper, make("span", "sc-thumb-number", { "aria-hidden": "true" }, String(index + 1)));
    return button;
  });
  find(".sc-strip").replaceChildren(...strip.buttons);
  for (const button of strip.buttons) strip.sight.observe(button);
}

function dressThumb(button, index, page, found) {
  const words = texts().page;
  const has = found.has(keyOf(page));
  const name = fill(has ? words.thumb_found : words.thumb, { page: index + 1 });
  if (button.getAttribute("aria-label") !== name) button.setAttribute("aria-label", name);
  button.classList.toggle("sc-found", has);
  const here = index === state.at;
  button.toggleAttribute("aria-current", here);
  if (here) button.setAttribute("aria-current", "page");
  // The strip is one Tab stop; arrow keys move within it.
  button.tabIndex = here ? 0 : -1;
  const image = button.querySelector("img");
  const path = (props().thumbnails ?? {})[keyOf(page)];
  image.hidden = !path;
  if (path && image.getAttribute("src") !== fileUrl(path)) image.setAttribute("src", fileUrl(path));
  image.style.rotate = `${90 * turnOf(page)}deg`;
}

/* Scroll only the strip. */
function keepInSight(button) {
  const host = find(".sc-strip");
  if (!button || host.hidden) return;
  const [frame, box] = [host, button].map((node) => node.getBoundingClientRect());
  if (box.top < frame.top || box.bottom > frame.bottom) {
    host.scrollTop += box.top - frame.top - (frame.height - box.height) / 2;
  }
  if (box.left < frame.left || box.right > frame.right) {
    host.scrollLeft += box.left - frame.left - (frame.width - box.width) / 2;
  }
}

function askSoon() {
  window.clearTimeout(strip.timer);
  strip.timer = window.setTimeout(askForThumbnails, 80);
}

function askForThumbnails() {
  if (strip.waiting > Date.now()) return;
  const { pages } = data();
  const missing = [...strip.seen]
    .map((button) => Number(button.dataset.thumb))
    .filter((index) => pages[index])
    .filter((index) => !(keyOf(pages[index]) in (props().thumbnails ?? {})))
    .filter((index) => !strip.asked.has(keyOf(pages[index])))
    .sort((one, other) => Math.abs(one - state.at) - Math.abs(other - state.at))
    .slice(0, AT_ONCE)
    .map((index) => pages[index]);
  if (!missing.length) return;
  for (const page of missing) strip.asked.add(keyOf(page));
  strip.waiting = Date.now() + PATIENCE;
  trigger("showthumbs", { pages: missing.map(({ document, page }) => [document, page]) });
}

export function takeThumbnails() {
  strip.waiting = 0;
  drawStrip(data().pages);
  askSoon();
}

function onClick(event) {
  const button = event.target.closest("[data-thumb]");
  if (button) turnTo(Number(button.dataset.thumb));
}

function onKey(event) {
  const at = strip.buttons.indexOf(event.target);
  const next = stepTo(event.key, at, strip.buttons.length);
  if (at < 0 || next === null) return;
  strip.buttons[next].focus({ preventScroll: true });
  keepInSight(strip.buttons[next]);
  event.preventDefault();
}

function onSight(entries) {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) strip.seen.add(target);
    else strip.seen.delete(target);
  }
  askSoon();
}

export function startStrip() {
  const host = find(".sc-strip");
  // Includes pages up to 200 pixels outside the view, so that scrolling finds them drawn.
  strip.sight = new IntersectionObserver(onSight, { root: host, rootMargin: "200px" });
  host.addEventListener("click", onClick);
  host.addEventListener("keydown", onKey);
}
