/* The form of a document's fields below the page: values, checks and places.
 *
 * gr.HTML starts it with `element`, `trigger`, `props` and `watch`. The value is plain data for every file
 * (ui/views/fields_view.py). A file may hold several documents, each with its own form, a sheet. The form of the page
 * on the screen is shown, and the buttons between documents turn the page.
 * Events to the server: "readfields" reads fields, "writefield" stores a value, "confirmfield" a confirmation,
 * "exportfields" makes a download. Rows are reused while values change, so the field being typed in keeps the
 * focus. The viewer tells by "scanchat-page" that another page may be on the screen.
 */
import { byId, fill, make } from "./dom.js";
import { fillRow, rowOf } from "./field_rows.js";
import { showSide } from "./page_sides.js";
import { shownPage } from "./page_state.js";

const NO_FORM = { reading: null, sheets: {} };

/* The form of the document that a page belongs to, by the rule of sheet_of in ui/views/fields_view.py: a page
 * that was not read belongs to the document before it. */
export function sheetOf(sheets, page) {
  const before = sheets.filter((one) => one.pages[0] <= page);
  return sheets.find((one) => one.pages.includes(page)) ?? before.at(-1) ?? sheets[0] ?? null;
}

/* What to read again from a page of the file: one document of several, or the whole file. */
export function whatToRead(sheets, page) {
  const pages = sheets.length > 1 ? sheetOf(sheets, page).pages : [];
  return { pages, whole: sheets.length === 1 && sheets[0].whole };
}

/* The form that is `by` documents after that of a page; undefined if there is none. */
export const sheetBeside = (sheets, page, by) => sheets[sheets.indexOf(sheetOf(sheets, page)) + by];

/* Show the form of the document on the screen and read it if needed; false if there is no document. */
export function readFields() {
  if (!shownPage()) return false;
  showSide("page");
  const form = byId("fields");
  if (form?.querySelector(".sc-form")?.hidden) form.querySelector("[data-fields=read]")?.click();
  form?.scrollIntoView({ block: "nearest" });
  return true;
}

/* Tell the viewer to show a place or a page. */
function byPage(name, detail) {
  byId("page-view")?.dispatchEvent(new CustomEvent(name, { detail }));
}

function show(place) {
  if (place) byPage("scanchat-place", JSON.parse(place));
}

const nameOfRow = (part) => part.closest("[data-field]")?.dataset.field;

export function start({ element, trigger, props, watch }) {
  const host = element.querySelector(".sc-fields") ?? element;
  const form = () => props.value ?? NO_FORM;
  const words = () => props.strings;
  const sheetsHere = (page) => (page && form().sheets[page.document]) || [];
  /* What is drawn. key: document, pages, language and field names; page: the document's first page; rows: by name. */
  const shown = { key: "", page: 0, rows: new Map() };

  const head = make("div", "sc-head");
  const title = make("h2");
  const chooser = make("select", "sc-type");
  const reader = make("button", "sc-tool sc-wide", { type: "button", "data-fields": "read" });
  head.append(title, chooser, reader);
  const parts = make("div", "sc-parts", { role: "group" });
  const partBefore = make("button", "sc-tool", { type: "button", "data-part": "-1" }, "\u2039");
  const partNow = make("span", "sc-part", { "aria-live": "polite" });
  const partAfter = make("button", "sc-tool", { type: "button", "data-part": "1" }, "\u203a");
  const together = make("button", "sc-tool sc-wide", { type: "button", "data-fields": "whole" });
  parts.append(partBefore, partNow, partAfter, together);
  const hint = make("p", "sc-hint");
  const rows = make("div", "sc-form", { role: "group" });
  const saves = make("div", "sc-exports");
  host.replaceChildren(head, parts, hint, rows, saves);

  function drawChooser(sheet, page) {
    const options = [{ name: "auto", title: words().auto }, ...words().types];
    const key = JSON.stringify(options);
    if (chooser.dataset.key !== key) {
      chooser.dataset.key = key;
      const chosen = chooser.value;
      const shownAs = (one) => (one.experimental ? fill(words().type_experimental, { type: one.title }) : one.title);
      chooser.replaceChildren(...options.map((one) => make("option", "", { value: one.name }, shownAs(one))));
      if (chosen) chooser.value = chosen;
    }
    // After a reading the chooser shows the recognised type, which the user can correct.
    const reading = sheet ? `${page.document} ${sheet.pages} ${sheet.type}` : "";
    if (chooser.dataset.read !== reading) {
      chooser.dataset.read = reading;
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
    const told = fill(said, { number: at + 1, count: sheets.length, pages: sheet.numbers });
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
    const page = shownPage();
    const sheets = sheetsHere(page);
    const sheet = page ? sheetOf(sheets, page.page) : null;
    title.textContent = words().title;
    drawChooser(sheet, page);
    drawParts(sheets, sheet);
    host.closest("#fields")?.classList.toggle("sc-none", !page);
    const type = words().types.find((one) => one.name === sheet?.type);
    hint.textContent = sheet
      ? fill(sheet.named ? words().chosen : words().recognised, {
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
          make("button", "sc-tool sc-wide", { type: "button", "data-save": kind }, words()[kind]),
        ),
      );
    }
    rows.setAttribute("aria-label", words().title);
    for (const one of sheet.fields) fillRow(shown.rows.get(one.name), one, words());
  }

  /* Ask the server to read one document of several, or the whole file. */
  function read(page, type, wish = {}) {
    trigger("readfields", { document: page.document, type, ...whatToRead(sheetsHere(page), page.page), ...wish });
  }

  function step(page, by) {
    const next = sheetBeside(sheetsHere(page), page.page, by);
    if (next) byPage("scanchat-turn", { document: page.document, page: next.pages[0] });
  }

  host.addEventListener("click", (event) => {
    const page = shownPage();
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
    const page = shownPage();
    if (sheetsHere(page).length) read(page, chooser.value);
  });

  host.addEventListener("change", (event) => {
    const page = shownPage();
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
}
