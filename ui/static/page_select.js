/* The selected place and its card, with the text and the actions: ask, insert into the question, copy, close.
 *
 * A place is a region, a piece of evidence, or a box: one that the user drew, or that of a field in the form
 * (kind "drawn" with a title).
 */
import { byId, make } from "./dom.js";
import { drawBox } from "./page_box.js";
import { reveal } from "./page_frame.js";
import { colourOf, regionId, short, titleOf } from "./page_marks.js";
import { showSide } from "./page_sides.js";
import { data, find, ordinal, samePage, say, state, texts, view } from "./page_state.js";
import { intoQuestion, questionBox, write } from "./question_box.js";

/* The boxes of the page that work as buttons. */
export const BOXES = ".sc-region, .sc-evidence";

export function drawCard() {
  if (state.selected && !isThere(state.selected)) state.selected = null;
  const mark = state.selected;
  const card = find(".sc-card");
  card.hidden = !mark;
  showSelected();
  if (!mark) return;
  const words = texts().card;
  card.setAttribute("aria-label", words.label);
  const colour = { evidence: "var(--sc-glow)", drawn: "var(--primary-600)" }[mark.kind];
  card.style.setProperty("--colour", colour ?? colourOf(mark));
  find(".sc-card-name").textContent = titleOf(mark);
  const known = mark.kind === "drawn" ? words[mark.reading ? "reading" : "drawn"] : words.empty;
  find(".sc-card-text").textContent = mark.text || known;
  find(".sc-card-text").classList.toggle("sc-hint", !mark.text);
  for (const action of ["ask", "use", "copy"]) {
    find(`[data-card=${action}]`).textContent = words[action];
  }
  for (const action of ["use", "copy"]) find(`[data-card=${action}]`).hidden = !mark.text;
  const close = find("[data-card=close]");
  close.setAttribute("aria-label", words.close);
  close.title = words.close;
}

const sameMark = (one, other) =>
  samePage(one, other) && one.text === other.text && String(one.bbox) === String(other.bbox);

/* Whether a place is still on the shown page; a new answer removes the old evidence. */
function isThere(mark) {
  if (ordinal(mark) !== state.at) return false;
  if (mark.kind === "drawn") return true;
  return data()[mark.kind === "region" ? "regions" : "evidence"].some((one) => sameMark(one, mark));
}

/* The SVG node of the selected place; null if its page is not shown. */
export function selectedNode() {
  const mark = state.selected;
  if (!mark || ordinal(mark) !== state.at) return null;
  if (mark.kind === "drawn") return find(".sc-box");
  const index = data().evidence.findIndex((one) => sameMark(one, mark));
  const selector =
    mark.kind === "region" ? `[data-region="${regionId(mark)}"]` : `[data-evidence="${index}"]`;
  return find(".sc-marks").querySelector(selector);
}

function showSelected() {
  for (const node of find(".sc-marks").querySelectorAll("[aria-current]")) {
    node.removeAttribute("aria-current");
  }
  drawBox();
  selectedNode()?.setAttribute("aria-current", "true");
}

/* Select a place. how: "mouse", "touch", "keys" or "list"; "keys" moves the focus to the card. */
export function select(mark, how) {
  state.selected = mark;
  drawCard();
  say(`${titleOf(mark)}. ${short(mark.text)}`);
  if (how === "keys") find("[data-card=ask]").focus();
  reveal(selectedNode());
}

/* Handle a press on a box: select it and put its text into the question. */
export function pick(mark, how) {
  select(mark, how);
  intoQuestion(mark.text);
  // Not for touch, where the keyboard would cover the card, nor for keys: the card has the focus.
  if (how === "mouse") questionBox()?.focus({ preventScroll: true });
}

function unselect() {
  const node = selectedNode();
  // If the focus is in the chat or the form, leave it there.
  const elsewhere = document.activeElement !== document.body && !view().contains(document.activeElement);
  state.selected = null;
  drawCard();
  if (!elsewhere) (node?.matches(BOXES) ? node : find(".sc-desk")).focus({ preventScroll: true });
}

/* Restrict the next question to this place, and remove the place's own text from the end of the question. */
function askAbout(mark) {
  const box = questionBox();
  if (box && mark.text && box.value.endsWith(mark.text)) {
    write(box.value.slice(0, -mark.text.length).trimEnd());
  }
  const { document: id, page, bbox } = mark;
  arm({ document: id, page, bbox, number: ordinal(mark) + 1 });
  showSide("chat");
  // Focus Run for a task without a question. Check the chosen task, too: the button's visibility changes only
  // after the server's response.
  const asks = document.querySelector("#task [aria-checked=true][data-asks]");
  const run = byId("run");
  (!asks && run?.offsetParent ? run : box)?.focus();
}

function arm(area) {
  state.armed = area;
  byId("area")?.dispatchEvent(new CustomEvent("scanchat-area", { detail: area }));
}

/* Clear the region of the next question if its page is gone, as after New chat. */
export function keepArmed() {
  if (state.armed && ordinal(state.armed) < 0) arm(null);
}

export async function copyText(words) {
  try {
    await navigator.clipboard.writeText(words);
  } catch {
    // Without HTTPS there is no clipboard API: use the old command.
    const before = document.activeElement;
    const box = make("textarea", "sc-said");
    box.value = words;
    view().append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
    before?.focus();
  }
  say(texts().card.copied);
}

async function copy(words) {
  await copyText(words);
  find("[data-card=copy]").textContent = texts().card.copied;
  setTimeout(() => { find("[data-card=copy]").textContent = texts().card.copy; }, 1500);
}

function onCard(event) {
  const action = event.target.closest("[data-card]")?.dataset.card;
  const mark = state.selected;
  if (!action || !mark) return;
  if (action === "close") unselect();
  else if (action === "copy") copy(mark.text);
  else if (action === "ask") askAbout(mark);
  else {
    intoQuestion(mark.text);
    showSide("chat");
    questionBox()?.focus();
  }
}

/* Escape closes the card wherever the focus is, except in parts with their own Escape. */
function onKey(event) {
  if (event.key !== "Escape" || event.defaultPrevented || !state.selected || state.drawing) return;
  if (!event.target.closest?.("#side, #save details[open], [role=combobox]")) unselect();
}

export function startSelect() {
  find(".sc-card").addEventListener("click", onCard);
  document.addEventListener("keydown", onKey);
}
