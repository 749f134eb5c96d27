/* Points and boxes of a page, without a DOM.
 *
 * A box is [left, top, right, bottom] in page pixels of the upright page image {width, height}. A page may be shown
 * rotated by quarter turns clockwise (turn: 0 to 3). The frame of the rotated page is called the view: the same
 * pixels, with the origin at the corner that is now the upper left one.
 */
const SMALLEST = 8; // CSS pixels; a smaller box counts as a click

export const between = (value, low, high) => Math.max(low, Math.min(value, high));

/* The box between any two opposite corners. */
export const hull = ([x0, y0], [x1, y1]) => [
  Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1),
];

/* The area that two boxes share. */
export const shared = ([a0, b0, a1, b1], [c0, d0, c1, d1]) =>
  Math.max(0, Math.min(a1, c1) - Math.max(a0, c0)) * Math.max(0, Math.min(b1, d1) - Math.max(b0, d0));

const areaOf = ([left, top, right, bottom]) => (right - left) * (bottom - top);

/* Of entries with a mark that has a box, the one with the smallest box; undefined if there is none. */
export const smallest = (entries) =>
  [...entries].sort((one, other) => areaOf(one.mark.bbox) - areaOf(other.mark.bbox))[0];

/* [width, height] of the view. */
export const turnedSize = ({ width, height }, turn) => (turn % 2 ? [height, width] : [width, height]);

/* A point in page pixels, in the view. */
export const toView = ({ width, height }, turn, [x, y]) =>
  [[x, y], [height - y, x], [width - x, height - y], [y, width - x]][turn];

/* A point of the view, in page pixels. */
export const toPage = ({ width, height }, turn, [x, y]) =>
  [[x, y], [y, height - x], [width - x, height - y], [width - y, x]][turn];

export const boxInView = (page, turn, [x0, y0, x1, y1]) =>
  hull(toView(page, turn, [x0, y0]), toView(page, turn, [x1, y1]));

/* The six numbers of an SVG matrix that rotates page pixels into the view. */
export const turnMatrix = ({ width, height }, turn) =>
  [[1, 0, 0, 1, 0, 0], [0, 1, -1, 0, height, 0], [-1, 0, 0, -1, width, height], [0, -1, 1, 0, 0, width]][turn];

/* A point of the screen in page pixels, clamped to the page. paper: the page's rectangle on the screen. */
export function pointOnPage(page, turn, paper, [x, y]) {
  const [width, height] = turnedSize(page, turn);
  return toPage(page, turn, [
    between(((x - paper.left) / paper.width) * width, 0, width),
    between(((y - paper.top) / paper.height) * height, 0, height),
  ]);
}

/* The middle half of a box: where a box begins that is drawn by keys. */
export function middleOf([left, top, right, bottom]) {
  const [width, height] = [(right - left) / 4, (bottom - top) / 4];
  return [left + width, top + height, right - width, bottom - height];
}

/* Whether a drawn box is more than a click. scale: CSS pixels in a page pixel. */
export const isDrawn = ([left, top, right, bottom], scale) =>
  Math.min(right - left, bottom - top) * scale >= SMALLEST;

/* To hundredths of a page pixel. */
export const rounded = (bbox) => bbox.map((edge) => Math.round(edge * 100) / 100);

/* Move a box by one step (a hundredth of the page's longer side), or its lower right corner if `resize`. Right and
 * down are those of the view, whichever way the page is rotated. The box stays on the page and keeps two steps. */
export function movedBox(page, turn, bbox, [right, down], resize) {
  const [pageWidth, pageHeight] = turnedSize(page, turn);
  const step = Math.max(pageWidth, pageHeight) / 100;
  const least = 2 * step;
  let [x0, y0, x1, y1] = boxInView(page, turn, bbox);
  if (resize) {
    x1 = between(x1 + right * step, x0 + least, pageWidth);
    y1 = between(y1 + down * step, y0 + least, pageHeight);
  } else {
    const [width, height] = [x1 - x0, y1 - y0];
    x0 = between(x0 + right * step, 0, pageWidth - width);
    y0 = between(y0 + down * step, 0, pageHeight - height);
    [x1, y1] = [x0 + width, y0 + height];
  }
  const far = [Math.min(x1, pageWidth), Math.min(y1, pageHeight)];
  return hull(toPage(page, turn, [x0, y0]), toPage(page, turn, far));
}
