/* The form of a document's fields below the page: values, checks and places.
 *
 * gr.HTML runs this with `element`, `trigger`, `props` and `watch`. The value is plain data for every file
 * (ui/views/fields_view.py). A file may hold several documents, each with its own form. The form of the page on
 * the screen is shown, and the buttons between documents turn the page.
 * Events to the server: "readfields" reads fields, "writefield" stores a value, "confirmfield" a confirmation,
 * "exportfields" makes a download. Rows are reused while values change, so the field being typed in keeps the
 * focus. The page on the screen comes from window.scanchat.page (page_lists.js) and "scanchat-page".
 */
const host = element.querySelector(".sc-fields") ?? element;
const NO_FORM = { reading: null, sheets: {} };
const form = () => props.value ?? NO_FORM;
const words = () => props.strings;
/* The form of the document that a page belongs to, by the rule of sheet_of in ui/views/fields_view.py: a page
 * that was not read belongs to the document before it. */
function sheetOf(sheets, page) {
  const before = sheets.filter((one) => one.pages[0] <= page);
  return sheets.find((one) => one.pages.includes(page)) ?? before.at(-1) ?? sheets[0] ?? null;
}
const sheetsHere = (page) => (page && form().sheets[page.document]) || [];
const here = () => window.scanchat?.page?.() ?? null;
const fillIn = (template, values) =>
  template.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
/* What is drawn. key: document, pages, language and field names; page: the document's first page; rows: by name. */
const shown = { key: "", page: 0, rows: new Map() };

function node(tag, className = "", attributes = {}, text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text) made.textContent = text;
  return made;
}

const head = node("div", "sc-head");
const title = node("h2");
const chooser = node("select", "sc-type");
const reader = node("button", "sc-tool sc-wide", { type: "button", "data-fields": "read" });
head.append(title, chooser, reader);
const parts = node("div", "sc-parts", { role: "group" });
const partBefore = node("button", "sc-tool", { type: "button", "data-part": "-1" }, "\u2039");
const partNow = node("span", "sc-part", { "aria-live": "polite" });
const partAfter = node("button", "sc-tool", { type: "button", "data-part": "1" }, "\u203a");
const together = node("button", "sc-tool sc-wide", { type: "button", "data-fields": "whole" });
parts.append(partBefore, partNow, partAfter, together);
const hint = node("p", "sc-hint");
const rows = node("div", "sc-form", { role: "group" });
const saves = node("div", "sc-exports");
host.replaceChildren(head, parts, hint, rows, saves);

function drawChooser(sheet, page) {
  const options = [{ name: "auto", title: words().auto }, ...words().types];
  const key = JSON.stringify(options);
  if (chooser.dataset.key !== key) {
    chooser.dataset.key = key;
    const chosen = chooser.value;
    const shownAs = (one) => (one.experimental ? fillIn(words().type_experimental, { type: one.title }) : one.title);
    chooser.replaceChildren(...options.map((one) => node("option", "", { value: one.name }, shownAs(one))));
    if (chosen) chooser.value = chosen;
  }
  // After a reading the chooser shows the recognised type, which the user can correct.
  const read = sheet ? `${page.document} ${sheet.pages} ${sheet.type}` : "";
  if (chooser.dataset.read !== read) {
    chooser.dataset.read = read;
    chooser.value = sheet ? sheet.type : "auto";
  }
  chooser.setAttribute("aria-label", words().type);
  const busy = form().reading !== null;
  chooser.disabled = reader.disabled = !page || busy;
  reader.textContent = busy ? words().reading : words()[sheet ? "again" : "read"];
  reader.classList.toggle("sc-busy", busy);
}

function drawParts(sheets, sheet) {
  const several = sheets.length > 1;
  parts.hidden = !several && !sheet?.whole;
  for (const part of [partBefore, partNow, partAfter]) part.hidden = !several;
  if (parts.hidden) return;
  parts.setAttribute("aria-label", words().parts);
  together.textContent = several ? words().whole : words().apart;
  together.disabled = form().reading !== null;
  if (!several) return;
  const at = sheets.indexOf(sheet);
  const said = sheet.pages.length > 1 ? words().part_pages : words().part_page;
  const told = fillIn(said, { number: at + 1, count: sheets.length, pages: sheet.numbers });
  if (partNow.textContent !== told) partNow.textContent = told;
  // aria-disabled, not disabled: the pressed button must keep the focus at the last document.
  partBefore.setAttribute("aria-disabled", String(at === 0));
  partAfter.setAttribute("aria-disabled", String(at === sheets.length - 1));
  for (const [button, name] of [[partBefore, "part_previous"], [partAfter, "part_next"]]) {
    button.setAttribute("aria-label", words()[name]);
    button.title = words()[name];
  }
}

function draw() {
  const page = here();
  const sheets = sheetsHere(page);
  const sheet = page ? sheetOf(sheets, page.page) : null;
  title.textContent = words().title;
  drawChooser(sheet, page);
  drawParts(sheets, sheet);
  host.closest("#fields")?.classList.toggle("sc-none", !page);
  const type = words().types.find((one) => one.name === sheet?.type);
  hint.textContent = sheet
    ? fillIn(sheet.named ? words().chosen : words().recognised, {
        type: type?.title ?? sheet.type,
        sure: sheet.confidence,
      }) + (type?.experimental ? ` ${words().experimental}` : "")
    : words().hint;
  rows.hidden = saves.hidden = !sheet;
  if (!sheet) {
    rows.replaceChildren();
    shown.key = "";
    return;
  }
  shown.page = sheet.pages[0];
  const key = JSON.stringify([page.document, sheet.pages, words().language, sheet.fields.map((one) => one.name)]);
  if (shown.key !== key) {
    shown.key = key;
    shown.rows = new Map(sheet.fields.map((one) => [one.name, rowOf(one.name)]));
    rows.replaceChildren(...[...shown.rows.values()].map((row) => row.whole));
    saves.replaceChildren(
      ...["json", "csv", "xlsx"].map((kind) =>
        node("button", "sc-tool sc-wide", { type: "button", "data-save": kind }, words()[kind]),
      ),
    );
  }
  rows.setAttribute("aria-label", words().title);
  for (const one of sheet.fields) fillRow(shown.rows.get(one.name), one);
}

function rowOf(name) {
  const whole = node("div", "sc-field", { "data-field": name });
  const id = `sc-field-${name}`;
  const label = node("label", "", { for: id });
  const input = node("textarea", "", { id, rows: "1", spellcheck: "false" });
  const where = node("button", "sc-tool sc-wide sc-place", { type: "button", "data-fields": "show" });
  const sure = node("button", "sc-tool", { type: "button", "data-fields": "confirm" }, "\u2713");
  const notes = node("div", "sc-checks", { id: `${id}-checks` });
  input.setAttribute("aria-describedby", notes.id);
  whole.append(label, input, where, sure, notes);
  return { whole, label, input, where, sure, notes };
}

function fillRow(row, one) {
  const { whole, label, input, where, sure, notes } = row;
  label.textContent = one.currency ? `${one.title}, ${one.currency}` : one.title;
  const printed = one.rows.length ? one.rows.map((cells) => Object.values(cells).join(" | ")).join("\n") : one.value;
  if (document.activeElement !== input || input.value === input.dataset.kept) input.value = printed;
  input.dataset.kept = printed;
  input.readOnly = one.rows.length > 0;
  input.rows = Math.min(6, Math.max(1, printed.split("\n").length));
  input.title = one.text;
  input.placeholder = words().missing;
  const failed = one.checks.some((check) => !check.passed);
  whole.dataset.state = failed ? "failed" : one.confirmed ? "confirmed" : one.value ? "read" : "empty";
  where.hidden = !one.place;
  if (one.place) {
    where.textContent = fillIn(words().page, { page: one.place.page + 1 });
    where.setAttribute("aria-label", fillIn(words().show, { field: one.title, page: one.place.page + 1 }));
    where.dataset.place = JSON.stringify({ ...one.place, text: one.text, title: one.title });
  } else {
    delete where.dataset.place;
  }
  sure.setAttribute("aria-pressed", String(one.confirmed));
  sure.setAttribute("aria-label", fillIn(words().confirm, { field: one.title }));
  sure.title = words().confirm_short;
  sure.hidden = !one.value;
  const told = one.checks.map((check) =>
    node("span", check.passed ? "sc-passed" : "sc-failed", {}, `${check.passed ? "\u2713" : "\u2717"} ${check.text}`),
  );
  if (one.typed) told.unshift(node("span", "sc-hint", {}, words().typed));
  else if (one.value && one.sure < 50) told.unshift(node("span", "sc-hint", {}, words().unsure));
  notes.replaceChildren(...told);
}

function show(place) {
  if (place) byPage("scanchat-place", JSON.parse(place));
}

function byPage(name, detail) {
  document.getElementById("page-view")?.dispatchEvent(new CustomEvent(name, { detail }));
}

/* Ask the server to read one document of several, or the whole file. */
function read(page, type, wish = {}) {
  const sheets = sheetsHere(page);
  const pages = sheets.length > 1 ? sheetOf(sheets, page.page).pages : [];
  const whole = sheets.length === 1 && sheets[0].whole;
  trigger("readfields", { document: page.document, type, pages, whole, ...wish });
}

function step(page, by) {
  const sheets = sheetsHere(page);
  const next = sheets[sheets.indexOf(sheetOf(sheets, page.page)) + by];
  if (next) byPage("scanchat-turn", { document: page.document, page: next.pages[0] });
}

const nameOfRow = (part) => part.closest("[data-field]")?.dataset.field;

host.addEventListener("click", (event) => {
  const page = here();
  const button = event.target.closest("button");
  if (!button || !page) return;
  if (button.dataset.save) {
    trigger("exportfields", { kind: button.dataset.save, document: page.document });
    return;
  }
  if (button.dataset.part) {
    step(page, Number(button.dataset.part));
  } else if (button.dataset.fields === "read") {
    read(page, chooser.value || "auto");
  } else if (button.dataset.fields === "whole") {
    read(page, "auto", { pages: [], whole: sheetsHere(page).length > 1 });
  } else if (button.dataset.fields === "show") {
    show(button.dataset.place);
  } else if (button.dataset.fields === "confirm") {
    const yes = button.getAttribute("aria-pressed") !== "true";
    trigger("confirmfield", { document: page.document, page: shown.page, name: nameOfRow(button), yes });
  }
});

/* Show the box of the field that gets the focus. */
host.addEventListener("focusin", (event) => {
  if (event.target.matches("textarea")) {
    show(event.target.closest("[data-field]").querySelector(".sc-place").dataset.place);
  }
});

/* Another type has other fields: read them at once if there is a form already. */
chooser.addEventListener("change", () => {
  const page = here();
  if (sheetsHere(page).length) read(page, chooser.value);
});

host.addEventListener("change", (event) => {
  const page = here();
  if (!event.target.matches("textarea") || !page) return;
  if (event.target.value === event.target.dataset.kept) return;
  trigger("writefield", {
    document: page.document,
    page: shown.page,
    name: nameOfRow(event.target),
    value: event.target.value,
  });
});

host.addEventListener("keydown", (event) => {
  if (!event.target.matches("textarea") || event.key !== "Enter" || event.shiftKey) return;
  event.preventDefault(); // Enter stores the value and moves to the next field
  const all = [...host.querySelectorAll("textarea")];
  const next = all[all.indexOf(event.target) + 1];
  if (next) next.focus();
  else event.target.blur();
});

document.addEventListener("scanchat-page", draw);
watch(["value", "strings"], draw);
draw();
