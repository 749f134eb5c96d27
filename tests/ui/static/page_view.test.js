/* The page viewer: which page is on the screen. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { fileUrl, fill } from "../../../ui/static/dom.js";
import { nextZoom } from "../../../ui/static/page_frame.js";
import { hasData, ordinal, shownPage } from "../../../ui/static/page_state.js";
import { pageByKey, requestedPage, typedPage } from "../../../ui/static/page_view.js";
import { stepTo } from "../../../ui/static/page_walk.js";

const PAGES = [
  { document: "a", page: 0 },
  { document: "a", page: 1 },
  { document: "b", page: 0 },
];

test("a typed number is a page of all files, counted from one", () => {
  assert.equal(typedPage("1", 2, 3), 0);
  assert.equal(typedPage(" 3 ", 0, 3), 2);
});

test("a typed number beyond the ends is the first or the last page", () => {
  assert.equal(typedPage("0", 1, 3), 0);
  assert.equal(typedPage("-4", 1, 3), 0);
  assert.equal(typedPage("99", 1, 3), 2);
});

test("anything but a whole number turns to no page", () => {
  for (const typed of ["", "  ", "two", "1.5", "2b"]) assert.equal(typedPage(typed, 1, 3), 1, typed);
});

test("a request of the server is followed once", () => {
  const wish = { document: "b", page: 0, number: 7 };
  assert.equal(requestedPage(wish, 6, PAGES), 2);
  assert.equal(requestedPage(wish, 7, PAGES), -1);
});

test("no request, and a request for a page that is gone, turn to no page", () => {
  assert.equal(requestedPage(null, 0, PAGES), -1);
  assert.equal(requestedPage({ document: "c", page: 0, number: 1 }, 0, PAGES), -1);
});

test("keys turn one page, and not beyond the ends", () => {
  assert.equal(pageByKey("ArrowRight", 0, 3), 1);
  assert.equal(pageByKey("PageDown", 1, 3), 2);
  assert.equal(pageByKey("PageDown", 2, 3), null);
  assert.equal(pageByKey("ArrowLeft", 1, 3), 0);
  assert.equal(pageByKey("PageUp", 0, 3), null);
  assert.equal(pageByKey("a", 1, 3), null);
  assert.equal(pageByKey("PageDown", 0, 0), null);
});

test("keys walk a row of boxes and stop at its ends", () => {
  assert.equal(stepTo("ArrowDown", 0, 3), 1);
  assert.equal(stepTo("ArrowRight", 2, 3), 2);
  assert.equal(stepTo("ArrowUp", 0, 3), 0);
  assert.equal(stepTo("End", 0, 3), 2);
  assert.equal(stepTo("Home", 2, 3), 0);
  assert.equal(stepTo("Tab", 1, 3), null);
});

test("zoom goes to the next preset size, also from a size between two", () => {
  assert.equal(nextZoom(1, 1), 1.5);
  assert.equal(nextZoom(1.7, 1), 2);
  assert.equal(nextZoom(1.7, -1), 1.5);
  assert.equal(nextZoom(4, 1), undefined);
  assert.equal(nextZoom(1, -1), undefined);
});

test("a mark is on the page of its document and number", () => {
  assert.equal(ordinal({ document: "b", page: 0 }, PAGES), 2);
  assert.equal(ordinal({ document: "b", page: 1 }, PAGES), -1);
});

test("before the viewer is connected there is no page and no data", () => {
  assert.equal(shownPage(), undefined);
  assert.equal(hasData(), false);
});

test("a file's address is below the root that a proxy moved, with each name encoded", () => {
  const config = { root: "https://scans.example/scan/", api_prefix: "/gradio_api" };
  const path = "/tmp/a b/page#1?.png";
  assert.equal(fileUrl(path, config), "https://scans.example/scan/gradio_api/file=/tmp/a%20b/page%231%3F.png");
  assert.equal(fileUrl("/a.png", {}), "/gradio_api/file=/a.png");
});

test("a sentence is filled as text: values are not searched for names again", () => {
  assert.equal(fill("{name}, page {page} of {pages}", { name: "{page}$&", page: 0 }), "{page}$&, page 0 of {pages}");
});
