/* The selected place: its card with the text and what can be done with it.
 *
 * A place is a region, a piece of evidence, or a box that the user drew. Runs after page_view.js in
 * the same function (ui/views/screen.py joins them) and uses its names.
 */
const CARD = find(".sc-card");

function drawCard() {
  if (state.selected && !isThere(state.selected)) state.selected = null;
  const mark = state.selected;
  CARD.hidden = !mark;
  showSelected();
  if (!mark) return;
  const words = texts().card;
  CARD.setAttribute("aria-label", words.label);
  const colour = { evidence: "var(--sc-glow)", drawn: "var(--primary-600)" }[mark.kind];
  CARD.style.setProperty("--colour", colour ?? colourOf(mark));
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

function titleOf(mark) {
  const words = texts().card;
  if (mark.title) return mark.title;
  if (mark.kind === "region") return `${mark.order + 1}. ${nameOf(mark)}`;
  const values = { page: ordinal(mark) + 1 };
  return fill(mark.kind === "drawn" ? words.box : words.place, values);
}

const sameMark = (one, other) =>
  samePage(one, other) && one.text === other.text && String(one.bbox) === String(other.bbox);

/* Whether a place is still on the page that is shown; a new answer takes the old evidence away. */
function isThere(mark) {
  if (ordinal(mark) !== state.at) return false;
  if (mark.kind === "drawn") return true;
  return data()[mark.kind === "region" ? "regions" : "evidence"].some((one) => sameMark(one, mark));
}

/* The mark of the selected place, where it is on the page that is shown. */
function selectedNode() {
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

/* Select a place. how: "mouse", "touch" or "keys"; with keys the card is the next thing to use. */
function select(mark, how) {
  state.selected = mark;
  drawCard();
  say(`${titleOf(mark)}. ${short(mark.text)}`);
  if (how === "keys") find("[data-card=ask]").focus();
  reveal(selectedNode());
}

/* A box was pressed: select it, and put its text into the question. */
function pick(mark, how) {
  select(mark, how);
  intoQuestion(mark.text);
  // On a touch screen the keyboard would cover the card; keys have moved to the card.
  if (how === "mouse") questionBox()?.focus({ preventScroll: true });
}

function unselect() {
  const node = selectedNode();
  // Who selected the place from the chat or the form goes on there.
  const elsewhere = document.activeElement !== document.body && !view.contains(document.activeElement);
  state.selected = null;
  drawCard();
  if (!elsewhere) (node?.matches(BOXES) ? node : find(".sc-desk")).focus({ preventScroll: true });
}

const questionBox = () => byId("question")?.querySelector("textarea");

function write(words) {
  const box = questionBox();
  box.value = words;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

/* A place's text goes into the question, after what is typed there already, and only once. */
function intoQuestion(words) {
  const box = questionBox();
  if (!box || !words || box.value.endsWith(words)) return;
  write(box.value.trim() ? `${box.value.trimEnd()} ${words}` : words);
}

/* The next question is about this place only. Its own text is no question about it. */
function askAbout(mark) {
  const box = questionBox();
  if (box && mark.text && box.value.endsWith(mark.text)) {
    write(box.value.slice(0, -mark.text.length).trimEnd());
  }
  const { document: id, page, bbox } = mark;
  arm({ document: id, page, bbox, number: ordinal(mark) + 1 });
  showSide("chat");
  // A task without a question has a button of its own. What the chosen task says counts, and not
  // whether the button is seen: it goes and comes with the server's answer to the choice.
  const asks = document.querySelector("#task [aria-checked=true][data-asks]");
  const run = byId("run");
  (!asks && run?.offsetParent ? run : box)?.focus();
}

function arm(area) {
  state.armed = area;
  byId("area")?.dispatchEvent(new CustomEvent("scanchat-area", { detail: area }));
}

/* A new chat takes the pages away, and with them the place of the next question. */
function keepArmed() {
  if (state.armed && ordinal(state.armed) < 0) arm(null);
}

async function copyText(words) {
  try {
    await navigator.clipboard.writeText(words);
  } catch {
    // Without https browsers have the old way only.
    const before = document.activeElement;
    const box = make("textarea", "sc-said");
    box.value = words;
    view.append(box);
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

function say(words) {
  find(".sc-said").textContent = words;
}

CARD.addEventListener("click", (event) => {
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
});

/* Wherever the focus is, but for what has an Escape of its own. */
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || !state.selected || state.drawing) return;
  if (!event.target.closest?.("#side, #save details[open], [role=combobox]")) unselect();
});
