/* Where the labels of boxes go, without a DOM: each stays on the page and covers as little as possible.
 *
 * Boxes are in the view's frame (geometry.js). unit: page pixels in a CSS pixel, because a label keeps its size on the
 * screen. A place is {short, length, box}: whether the label is only a number, the length of its text, its box.
 */
import { between, shared } from "./geometry.js";

/* Sizes of a label in CSS pixels. */
export const TAG = { font: 11, height: 15, padding: 5 };

/* Candidate places of a region's label, best first: above its box, in full or as a number; beside it as a number;
 * inside it, in full or as a number. */
export function aroundBox([left, top, right], [number, name], unit) {
  const height = TAG.height * unit;
  const label = (short, x, y) => labelAt(short ? number : number + name, short, x, y, unit);
  const narrow = Math.max(height, number + 2 * TAG.padding * unit);
  const fits = number + name + 2 * TAG.padding * unit <= right - left;
  return [
    ...(fits ? [label(false, left, top - height)] : []),
    label(true, left, top - height),
    label(true, left - narrow, top),
    label(true, right, top),
    ...(fits ? [label(false, left, top)] : []),
    label(true, left, top),
  ];
}

/* The number of a place is outside its upper right corner, like the mark in the answer. Inside it would hide the
 * last digits of an amount. */
export const atCorner = ([, top, right], [number], unit) => [
  labelAt(number, true, right + 0.1 * TAG.height * unit, top - 0.7 * TAG.height * unit, unit),
];

function labelAt(length, short, x, y, unit) {
  const [width, height] = [length + 2 * TAG.padding * unit, TAG.height * unit];
  return { short, length, box: [x, y, x + Math.max(width, height), y + height] };
}

/* Of some candidates, moved onto the page, the first that covers the least area already taken. Its own box
 * counts half. */
export function least(labels, [width, height], taken, own) {
  let best = null;
  for (const label of labels) {
    const [x0, y0, x1, y1] = label.box;
    const x = between(x0, 0, Math.max(0, width - (x1 - x0)));
    const y = between(y0, 0, Math.max(0, height - (y1 - y0)));
    const box = [x, y, x + x1 - x0, y + y1 - y0];
    const covered = taken.reduce(
      (sum, other) => sum + shared(box, other) * (other === own ? 0.5 : 1), 0,
    );
    if (!best || covered < best.covered - 1e-6) best = { ...label, box, covered };
  }
  return best;
}
