/* The lists: the places of the shown answer below the chat, and the regions of the layout below the page.
 *
 * Also handles the marks in the chat ("recall" requests an earlier answer's places) and the export buttons
 * ("export").
 */
import { byId, fill, listen, make } from "./dom.js";
import { colourOf, nameOf, regionId, toggleCategory } from "./page_marks.js";
import { select } from "./page_select.js";
import { data, ordinal, shownPage, state, texts, trigger } from "./page_state.js";
import { showMark } from "./page_walk.js";

/* What is drawn of the regions. */
const listed = { regions: 0, drawn: "[]", words: "" };

export function drawEvidence() {
  const host = byId("evidence")?.querySelector(".sc-list");
  if (!host) return;
  const { evidence, pages } = data();
  const words = texts().evidence;
  const drawn = JSON.stringify([evidence, words, pages.length]);
  if (host.dataset.drawn === drawn) return;
  host.dataset.drawn = drawn;
  host.textContent = "";
  host.append(make("span", "sc-hint", {}, evidence.length ? words.title : words.empty));
  evidence.forEach((found, index) => {
    // The lines of one place share a number and a chip.
    if (evidence[index - 1]?.number === found.number) return;
    const page = ordinal(found) + 1;
    const text = linesOf(found.number).map((line) => line.text).join(" ");
    const chip = make("button", "sc-chip", {
      type: "button",
      "data-chip": found.number,
      "aria-label": `${found.number}. ${fill(words.item, { page, text })}`,
      title: text,
    });
    chip.append(make("span", "sc-figure", { "aria-hidden": "true" }, String(found.number)));
    chip.append(make("span", "sc-where", {}, fill(words.page, { page })));
    chip.append(make("span", "sc-what", {}, text));
    host.append(chip);
  });
}

const linesOf = (number) => data().evidence.filter((found) => found.number === number);

/* Turn to a place of the answer, make all its lines glow and show its text. */
function showPlace(number) {
  const { evidence } = data();
  const first = evidence.findIndex((found) => found.number === number);
  if (first < 0) return;
  const lines = [...evidence.keys()].filter((index) => evidence[index].number === number);
  showMark(evidence[first], lines.map((index) => `[data-evidence="${index}"]`).join(", "));
  select({ kind: "evidence", ...evidence[first] }, "list");
}

/* Turn to a place that does not support the answer. It gets a box as a drawn one, and no number. */
function showSuggestion(number) {
  const found = data().suggestions[number];
  if (!found) return;
  showMark(found, ".sc-box");
  select({ kind: "drawn", title: texts().evidence.suggested, ...found }, "list");
}

/* Show the place of a mark or a suggestion in the chat; request the places of an earlier answer from the server first. */
function followMark(turn, number, suggested = false) {
  state.wish = { turn, number, suggested };
  if (turn === data().turn) followWish();
  else trigger("recall", { turn });
}

export function followWish() {
  const wish = state.wish;
  if (!wish || wish.turn !== data().turn) return;
  state.wish = null;
  if (wish.suggested) showSuggestion(wish.number);
  else showPlace(wish.number);
}

/* A streaming answer only adds regions, so only new rows are built. */
export function drawRegions() {
  const host = byId("regions")?.querySelector(".sc-regions");
  if (!host) return;
  const { regions } = data();
  const words = JSON.stringify([texts().regions, texts().category]);
  const known = JSON.stringify(regions.slice(0, listed.regions));
  const grows = listed.regions > 0 && words === listed.words && known === listed.drawn;
  if (!grows) {
    listed.regions = 0;
    host.textContent = "";
    if (regions.length) host.append(regionHead(texts().regions), regionFrame(texts().regions));
  }
  byId("regions").classList.toggle("sc-none", regions.length === 0);
  const added = regions.slice(listed.regions).map(regionRow);
  host.querySelector("tbody")?.append(...added);
  offerTables(host, regions);
  listed.words = words;
  listed.regions = regions.length;
  listed.drawn = JSON.stringify(regions);
}

function regionHead(words) {
  const head = make("div", "sc-head");
  head.append(make("h2", "", {}, words.title));
  const button = (kind) =>
    make("button", "sc-tool sc-wide", { type: "button", "data-export": kind }, words[kind]);
  head.append(...texts().exports.slice(0, 2).map(button));
  const more = make("details", "sc-more");
  const list = make("div", "sc-exports");
  list.append(...texts().exports.slice(2).map(button));
  more.append(make("summary", "sc-tool sc-wide", {}, words.more), list);
  head.append(more);
  return head;
}

/* Offer spreadsheets only if there is a table. */
function offerTables(host, regions) {
  const tables = regions.some((region) => region.category === "Table");
  for (const kind of ["csv", "xlsx"]) {
    const button = host.querySelector(`[data-export=${kind}]`);
    if (button) button.hidden = !tables;
  }
}

function regionFrame(words) {
  const table = make("table");
  const titles = table.createTHead().insertRow();
  for (const name of [words.order, words.category, words.text, words.page]) {
    titles.append(make("th", "", { scope: "col" }, name));
  }
  table.createTBody();
  const frame = make("div", "sc-frame");
  frame.append(table);
  return frame;
}

function regionRow(region) {
  const row = make("tr", "", {
    "data-region": regionId(region),
    "data-document": region.document,
    "data-page": region.page,
    "data-category": region.category,
    "data-order": region.order,
    tabindex: "0",
  });
  row.style.setProperty("--colour", colourOf(region));
  const text = make("td");
  text.append(make("div", "sc-text", { title: region.text }, region.text));
  row.append(
    make("td", "sc-order", {}, String(region.order + 1)),
    make("td", "sc-category", {}, nameOf(region)),
    text,
    make("td", "sc-number", {}, String(ordinal(region) + 1)),
  );
  return row;
}

function onEvidence(event) {
  const chip = event.target.closest("[data-chip]");
  if (!chip) return;
  showPlace(Number(chip.dataset.chip));
}

function onTalk(event) {
  const mark = event.target.closest(".sc-cite, .sc-place");
  if (!mark) return;
  const turn = Number(mark.name.replace("turn-", ""));
  followMark(turn, Number(mark.value), mark.matches(".sc-place"));
}

function onRegions(event) {
  const button = event.target.closest("[data-export]");
  const page = shownPage();
  if (button && page) {
    trigger("export", { kind: button.dataset.export, document: page.document, page: page.page });
    return;
  }
  const row = event.target.closest("tr[data-region]");
  if (!row) return;
  const region = data().regions.find((one) => regionId(one) === row.dataset.region);
  if (!region) return;
  if (state.hidden.has(region.category)) toggleCategory(region.category);
  showMark(region, `[data-region="${row.dataset.region}"]`);
  select({ kind: "region", ...region }, "list");
}

export function startLists() {
  listen("evidence", onEvidence);
  listen("talk", onTalk);
  listen("regions", onRegions);
}
