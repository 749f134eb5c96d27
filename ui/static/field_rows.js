/* The rows of the form of fields: a label, the value, its place, its confirmation and its checks.
 *
 * A field is the plain data of ui/views/fields_view.py; words are the form's strings in the screen's language.
 */
import { fill, make } from "./dom.js";

const UNSURE = 50; // percent; a value below it is said to be unsure

export function rowOf(name) {
  const whole = make("div", "sc-field", { "data-field": name });
  const id = `sc-field-${name}`;
  const label = make("label", "", { for: id });
  const input = make("textarea", "", { id, rows: "1", spellcheck: "false" });
  const where = make("button", "sc-tool sc-wide sc-place", { type: "button", "data-fields": "show" });
  const sure = make("button", "sc-tool", { type: "button", "data-fields": "confirm" }, "\u2713");
  const notes = make("div", "sc-checks", { id: `${id}-checks` });
  input.setAttribute("aria-describedby", notes.id);
  whole.append(label, input, where, sure, notes);
  return { whole, label, input, where, sure, notes };
}

/* What the input shows: the value, or the rows of a table as lines. */
export const printed = (field) =>
  field.rows.length ? field.rows.map((cells) => Object.values(cells).join(" | ")).join("\n") : field.value;

/* "failed", "confirmed", "read" or "empty". */
export function stateOf(field) {
  if (field.checks.some((check) => !check.passed)) return "failed";
  if (field.confirmed) return "confirmed";
  return field.value ? "read" : "empty";
}

/* What is said of a value: [class name, text] of each note. */
export function notesOf(field, words) {
  const told = field.checks.map((check) =>
    check.passed ? ["sc-passed", `\u2713 ${check.text}`] : ["sc-failed", `\u2717 ${check.text}`],
  );
  if (field.typed) told.unshift(["sc-hint", words.typed]);
  else if (field.value && field.sure < UNSURE) told.unshift(["sc-hint", words.unsure]);
  return told;
}

export function fillRow(row, one, words) {
  const { whole, label, input, where, sure, notes } = row;
  label.textContent = one.currency ? `${one.title}, ${one.currency}` : one.title;
  const value = printed(one);
  if (document.activeElement !== input || input.value === input.dataset.kept) input.value = value;
  input.dataset.kept = value;
  input.readOnly = one.rows.length > 0;
  input.rows = Math.min(6, Math.max(1, value.split("\n").length));
  input.title = one.text;
  input.placeholder = words.missing;
  whole.dataset.state = stateOf(one);
  where.hidden = !one.place;
  if (one.place) {
    where.textContent = fill(words.page, { page: one.place.page + 1 });
    where.setAttribute("aria-label", fill(words.show, { field: one.title, page: one.place.page + 1 }));
    where.dataset.place = JSON.stringify({ ...one.place, text: one.text, title: one.title });
  } else {
    delete where.dataset.place;
  }
  sure.setAttribute("aria-pressed", String(one.confirmed));
  sure.setAttribute("aria-label", fill(words.confirm, { field: one.title }));
  sure.title = words.confirm_short;
  sure.hidden = !one.value;
  notes.replaceChildren(...notesOf(one, words).map(([name, text]) => make("span", name, {}, text)));
}
