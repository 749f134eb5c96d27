/* The lists: the places of the shown answer below the chat, and the regions of the layout below the page.
 *
 * Also handles the marks in the chat ("recall" requests an earlier answer's places) and the export buttons
 * ("export"), gives parts of Gradio names in the screen's language, and defines window.scanchat, the interface for
 * other scripts. A part of the page viewer's script (ui/views/page_column.py joins the parts in one scope).
 */
function drawEvidence() {
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

/* Show the place of a mark in the chat; request the places of an earlier answer from the server first. */
function followMark(turn, number) {
  state.wish = { turn, number };
  if (turn === data().turn) followWish();
  else trigger("recall", { turn });
}

function followWish() {
  const wish = state.wish;
  if (!wish || wish.turn !== data().turn) return;
  state.wish = null;
  showPlace(wish.number);
}

/* A streaming answer only adds regions, so only new rows are built. */
function drawRegions() {
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

function listen(id, handle) {
  const host = byId(id);
  host?.addEventListener("click", handle);
  host?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.closest("button, summary")) return;
    handle(event);
  });
}

listen("evidence", (event) => {
  const chip = event.target.closest("[data-chip]");
  if (!chip) return;
  showPlace(Number(chip.dataset.chip));
});

/* Listen on the column: Gradio may create the chat after this script. */
listen("talk", (event) => {
  const mark = event.target.closest(".sc-cite");
  if (mark) followMark(Number(mark.name.replace("turn-", "")), Number(mark.value));
});

listen("regions", (event) => {
  const button = event.target.closest("[data-export]");
  const page = data().pages[state.at];
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
});

/* Set accessible names in the screen's language: Gradio names some parts in English only or by their markup.
 * Runs again after every change, because Gradio recreates these parts. */
function nameParts() {
  const { chat, question, button, archive } = texts();
  const names = {
    "#chat [role=log]": chat,
    "#question .full-container": question,
    "#question .upload-button": button.attach,
    "#question .submit-button": button.send,
    "#side .toggle-button": archive,
  };
  for (const [selector, name] of Object.entries(names)) {
    const part = document.querySelector(selector);
    if (part && part.getAttribute("aria-label") !== name) part.setAttribute("aria-label", name);
  }
  nameSide();
  nameExamples();
  // Gradio puts "range slider for ..." before the name of the setting.
  for (const part of document.querySelectorAll("#settings input[type=range], #settings input[type=number]")) {
    const said = part.closest(".block")?.querySelector("[data-testid=block-info]")?.textContent.trim();
    if (said && part.getAttribute("aria-label") !== said) part.setAttribute("aria-label", said);
  }
  // A screen reader reads the message itself; Gradio's label would repeat it as HTML.
  for (const said of document.querySelectorAll("#chat [data-testid][aria-label]")) {
    said.removeAttribute("aria-label");
  }
}

/* Set aria-expanded of the sidebar's toggle button. */
function nameSide() {
  const opener = document.querySelector("#side .toggle-button");
  const opened = String(byId("side")?.classList.contains("open") ?? false);
  if (opener && opener.getAttribute("aria-expanded") !== opened) {
    opener.setAttribute("aria-expanded", opened);
  }
}

/* The examples are buttons, so their container is a group, not a list. Each button is named by its text, and its
 * picture is decorative. */
function nameExamples() {
  document.querySelector("#chat .examples[role=list]")?.setAttribute("role", "group");
  for (const button of document.querySelectorAll("#chat .example[aria-label]")) {
    button.removeAttribute("aria-label");
  }
  for (const picture of document.querySelectorAll("#chat .example img:not([alt=''])")) {
    picture.alt = "";
  }
}

const sideWatch = new MutationObserver(nameSide);
if (byId("side")) sideWatch.observe(byId("side"), { attributeFilter: ["class"] });

new MutationObserver(nameParts).observe(byId("talk") ?? document.body, {
  childList: true,
  subtree: true,
  attributeFilter: ["aria-label"],
});

/* The interface for other scripts. */
window.scanchat = {
  /* ui/events/ask.py calls this whenever files enter the text box. */
  attach: (value) => {
    if (!value?.files?.length) return;
    // Without this, choosing the same file again fires no change event.
    for (const input of document.querySelectorAll("#question input[type=file]")) input.value = "";
    trigger("attach", {});
  },
  /* The page on the screen; ui/static/fields.js shows the form of its document. */
  page: () => data().pages[state.at] ?? null,
  /* Show the form of the document on the screen and read it if needed; false if there is no document. */
  readFields: () => {
    if (!data().pages[state.at]) return false;
    showSide("page");
    const form = byId("fields");
    if (form?.querySelector(".sc-form")?.hidden) form.querySelector("[data-fields=read]")?.click();
    form?.scrollIntoView({ block: "nearest" });
    return true;
  },
};

watch(["value", "images", "strings"], draw);
watch("thumbnails", takeThumbnails);
watch("inside", fillDrawn);
watch("download", save);
draw();
