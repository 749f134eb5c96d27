/* Drawing and hitting boxes: all of it is geometry in page pixels. */
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  boxInView, hull, isDrawn, middleOf, movedBox, pointOnPage, rounded, shared, smallest, toPage, toView, turnMatrix,
  turnedSize,
} from "../../../ui/static/geometry.js";
import { aroundBox, atCorner, least, TAG } from "../../../ui/static/tag_places.js";

const PAGE = { width: 1000, height: 1400 };
const TURNS = [0, 1, 2, 3];
/* Where the paper is on the screen at half size. */
const PAPER = { left: 100, top: 50, width: 500, height: 700 };
const TURNED_PAPER = { left: 100, top: 50, width: 700, height: 500 };

test("any two opposite corners give the same box", () => {
  const corners = [[10, 40], [30, 20]];
  assert.deepEqual(hull(...corners), [10, 20, 30, 40]);
  assert.deepEqual(hull(...corners.reverse()), [10, 20, 30, 40]);
});

test("a point goes to the view of a rotated page and back", () => {
  for (const turn of TURNS) {
    assert.deepEqual(toPage(PAGE, turn, toView(PAGE, turn, [120, 340])), [120, 340], `turn ${turn}`);
  }
});

test("a quarter turn clockwise brings the lower left corner to the upper left", () => {
  assert.deepEqual(toView(PAGE, 1, [0, 1400]), [0, 0]);
  assert.deepEqual(toView(PAGE, 2, [1000, 1400]), [0, 0]);
  assert.deepEqual(toView(PAGE, 3, [1000, 0]), [0, 0]);
  assert.deepEqual(turnedSize(PAGE, 1), [1400, 1000]);
  assert.deepEqual(turnedSize(PAGE, 2), [1000, 1400]);
});

test("the layer's matrix rotates a point as the view does", () => {
  for (const turn of TURNS) {
    const [a, b, c, d, e, f] = turnMatrix(PAGE, turn);
    const [x, y] = [120, 340];
    assert.deepEqual([a * x + c * y + e, b * x + d * y + f], toView(PAGE, turn, [x, y]), `turn ${turn}`);
  }
});

test("a point of the screen is a point of the page, whichever way it is rotated", () => {
  assert.deepEqual(pointOnPage(PAGE, 0, PAPER, [350, 400]), [500, 700]);
  assert.deepEqual(pointOnPage(PAGE, 0, PAPER, [100, 50]), [0, 0]);
  assert.deepEqual(pointOnPage(PAGE, 1, TURNED_PAPER, [100, 50]), [0, 1400]);
});

test("a point beside the page is clamped to its edge", () => {
  assert.deepEqual(pointOnPage(PAGE, 0, PAPER, [-20, 9000]), [0, 1400]);
  assert.deepEqual(pointOnPage(PAGE, 2, PAPER, [-20, 9000]), [1000, 0]);
});

test("a box that is smaller than eight pixels of the screen is a click", () => {
  assert.equal(isDrawn([0, 0, 16, 16], 0.5), true);
  assert.equal(isDrawn([0, 0, 15, 300], 0.5), false);
  assert.equal(isDrawn([5, 5, 5, 5], 4), false);
});

test("a box drawn by keys begins as the middle half of what is seen", () => {
  assert.deepEqual(middleOf([0, 100, 400, 300]), [100, 150, 300, 250]);
});

test("an accepted box has hundredths of a pixel", () => {
  assert.deepEqual(rounded([0.123, 10, 20.005, 33.339]), [0.12, 10, 20.01, 33.34]);
});

test("an arrow moves a box by a hundredth of the page's longer side", () => {
  assert.deepEqual(movedBox(PAGE, 0, [100, 100, 200, 300], [1, 0], false), [114, 100, 214, 300]);
  assert.deepEqual(movedBox(PAGE, 0, [100, 100, 200, 300], [0, -1], false), [100, 86, 200, 286]);
});

test("an arrow moves a box to that side of the screen, whichever way the page is rotated", () => {
  const bbox = [300, 300, 500, 700];
  for (const turn of TURNS) {
    const before = boxInView(PAGE, turn, bbox);
    const after = boxInView(PAGE, turn, movedBox(PAGE, turn, bbox, [1, 0], false));
    assert.deepEqual(after, [before[0] + 14, before[1], before[2] + 14, before[3]], `turn ${turn}`);
  }
});

test("a moved box keeps its size and stays on the page", () => {
  for (const turn of TURNS) {
    for (const arrow of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      let bbox = [300, 300, 500, 700];
      for (let step = 0; step < 150; step += 1) bbox = movedBox(PAGE, turn, bbox, arrow, false);
      const [left, top, right, bottom] = bbox;
      assert.ok(left >= 0 && top >= 0 && right <= PAGE.width && bottom <= PAGE.height, String(bbox));
      assert.ok(Math.abs(right - left - 200) < 1e-6 && Math.abs(bottom - top - 400) < 1e-6, String(bbox));
    }
  }
});

test("with Shift an arrow moves the lower right corner on the screen, and two steps remain", () => {
  assert.deepEqual(movedBox(PAGE, 0, [100, 100, 200, 300], [1, 0], true), [100, 100, 214, 300]);
  assert.deepEqual(movedBox(PAGE, 2, [100, 100, 200, 300], [1, 0], true), [86, 100, 200, 300]);
  let bbox = [100, 100, 200, 300];
  for (let step = 0; step < 50; step += 1) bbox = movedBox(PAGE, 0, bbox, [0, -1], true);
  assert.deepEqual(bbox, [100, 100, 200, 128]);
  for (let step = 0; step < 150; step += 1) bbox = movedBox(PAGE, 0, bbox, [0, 1], true);
  assert.deepEqual(bbox, [100, 100, 200, 1400]);
  for (let step = 0; step < 50; step += 1) bbox = movedBox(PAGE, 0, bbox, [-1, 0], true);
  assert.deepEqual(bbox, [100, 100, 128, 1400]);
});

test("of boxes under the pointer the smallest is hit", () => {
  const boxes = [[0, 0, 1000, 1400], [10, 10, 60, 30], [10, 10, 400, 20]];
  const [page, cell, line] = boxes.map((bbox) => ({ mark: { bbox } }));
  const entries = [page, line, cell];
  assert.equal(smallest(entries), cell);
  assert.deepEqual(entries, [page, line, cell]);
  assert.equal(smallest([]), undefined);
});

test("boxes share the area of their overlap, and none where they only touch", () => {
  assert.equal(shared([0, 0, 10, 10], [5, 5, 20, 20]), 25);
  assert.equal(shared([0, 0, 10, 10], [10, 0, 20, 10]), 0);
});

test("a region's label lies above its box, or beside it where another box is above", () => {
  const box = [100, 100, 300, 140];
  const places = aroundBox(box, [8, 60], 1);
  assert.deepEqual(least(places, [1000, 1400], [box], box).box, [100, 100 - TAG.height, 178, 100]);
  const above = [0, 0, 1000, 99];
  const beside = least(places, [1000, 1400], [box, above], box);
  assert.equal(shared(beside.box, above), 0);
  assert.equal(shared(beside.box, box), 0);
});

test("a label that is longer than its box is only a number", () => {
  assert.ok(aroundBox([100, 100, 130, 140], [8, 60], 1).every((place) => place.short));
});

test("every label stays on the page", () => {
  for (const box of [[0, 0, 300, 40], [900, 1380, 1000, 1400]]) {
    for (const places of [aroundBox(box, [8, 60], 2), atCorner(box, [8], 2)]) {
      const [left, top, right, bottom] = least(places, [1000, 1400], [box], box).box;
      assert.ok(left >= 0 && top >= 0 && right <= 1000 && bottom <= 1400);
    }
  }
});

test("the number of a place leaves its last digits free", () => {
  const [label] = atCorner([100, 100, 200, 130], [8], 1);
  assert.ok(label.box[0] > 200);
  assert.ok(label.box[1] < 100);
});
