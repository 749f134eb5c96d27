/* The form of fields: whose form is shown, what is read again, what a row says. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { notesOf, printed, stateOf } from "../../../ui/static/field_rows.js";
import { sheetBeside, sheetOf, whatToRead } from "../../../ui/static/fields.js";

const first = { pages: [0, 1], whole: false };
const second = { pages: [3], whole: false };
const SHEETS = [first, second];
const WORDS = { typed: "typed by hand", unsure: "unsure" };
const FIELD = { value: "42", rows: [], checks: [], confirmed: false, typed: false, sure: 90 };

test("a page has the form of the document that holds it", () => {
  assert.equal(sheetOf(SHEETS, 1), first);
  assert.equal(sheetOf(SHEETS, 3), second);
});

test("a page that was not read belongs to the document before it", () => {
  assert.equal(sheetOf(SHEETS, 2), first);
  assert.equal(sheetOf(SHEETS, 9), second);
});

test("a page before all documents belongs to the first one", () => {
  assert.equal(sheetOf([second], 0), second);
});

test("without a reading there is no form", () => {
  assert.equal(sheetOf([], 0), null);
});

test("of several documents only that of the page is read again", () => {
  assert.deepEqual(whatToRead(SHEETS, 2), { pages: [0, 1], whole: false });
});

test("a file of one document is read again as it was: split or whole", () => {
  assert.deepEqual(whatToRead([first], 0), { pages: [], whole: false });
  assert.deepEqual(whatToRead([{ pages: [0], whole: true }], 0), { pages: [], whole: true });
  assert.deepEqual(whatToRead([], 0), { pages: [], whole: false });
});

test("the buttons lead to the document before and after, and nowhere at the ends", () => {
  assert.equal(sheetBeside(SHEETS, 0, 1), second);
  assert.equal(sheetBeside(SHEETS, 3, -1), first);
  assert.equal(sheetBeside(SHEETS, 3, 1), undefined);
  assert.equal(sheetBeside(SHEETS, 0, -1), undefined);
});

test("a table is shown as lines, one for each of its rows", () => {
  const rows = [{ item: "Paper", amount: "12.00" }, { item: "Ink", amount: "3.50" }];
  assert.equal(printed({ ...FIELD, rows }), "Paper | 12.00\nInk | 3.50");
  assert.equal(printed(FIELD), "42");
});

test("a failed check outweighs a confirmation, and a confirmation a reading", () => {
  const failed = [{ passed: true, text: "a" }, { passed: false, text: "b" }];
  assert.equal(stateOf({ ...FIELD, checks: failed, confirmed: true }), "failed");
  assert.equal(stateOf({ ...FIELD, confirmed: true }), "confirmed");
  assert.equal(stateOf(FIELD), "read");
  assert.equal(stateOf({ ...FIELD, value: "" }), "empty");
});

test("each check is told with its outcome", () => {
  const checks = [{ passed: true, text: "the sum is right" }, { passed: false, text: "no such date" }];
  assert.deepEqual(notesOf({ ...FIELD, checks }, WORDS), [
    ["sc-passed", "\u2713 the sum is right"],
    ["sc-failed", "\u2717 no such date"],
  ]);
});

test("a value below half is called unsure, unless it was typed or is missing", () => {
  assert.deepEqual(notesOf({ ...FIELD, sure: 49 }, WORDS), [["sc-hint", "unsure"]]);
  assert.deepEqual(notesOf({ ...FIELD, sure: 50 }, WORDS), []);
  assert.deepEqual(notesOf({ ...FIELD, sure: 0, typed: true }, WORDS), [["sc-hint", "typed by hand"]]);
  assert.deepEqual(notesOf({ ...FIELD, sure: 0, value: "" }, WORDS), []);
});
