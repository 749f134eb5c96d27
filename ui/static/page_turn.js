/* Rotation of the page by quarter turns.
 *
 * Places stay in page pixels; geometry.js converts them to the view, the frame of the rotated page. Labels and arrow
 * keys use the view.
 */
import { boxInView, turnedSize, turnMatrix } from "./geometry.js";
import { find, texts } from "./page_state.js";

/* document -> quarter turns clockwise: if a scan lies on its side, all its pages do. */
const turns = new Map();

export const turnOf = (page) => turns.get(page.document) ?? 0;
export const sizeOf = (page) => turnedSize(page, turnOf(page));
export const shownBox = (page, bbox) => boxInView(page, turnOf(page), bbox);

/* Rotate a document by one more quarter turn. */
export function turnFurther(page) {
  turns.set(page.document, (turnOf(page) + 1) % 4);
}

export function drawRotate(page) {
  const button = find("[data-rotate]");
  button.disabled = !page;
  button.title = texts().page.rotate;
  button.setAttribute("aria-label", texts().page.rotate);
}

/* The picture keeps its own width and height and is rotated about the middle of the paper. */
export function turnImage(page) {
  const image = find(".sc-image");
  const [width, height] = sizeOf(page);
  image.style.width = `${(100 * page.width) / width}%`;
  image.style.height = `${(100 * page.height) / height}%`;
  image.style.rotate = `${90 * turnOf(page)}deg`;
}

/* Boxes keep their page pixels; the layer's transform rotates them. */
export function turnLayer(page) {
  const layer = find(".sc-layer");
  layer.setAttribute("viewBox", `0 0 ${sizeOf(page).join(" ")}`);
  const matrix = turnMatrix(page, turnOf(page)).join(" ");
  for (const group of layer.querySelectorAll("[data-turned]")) {
    group.setAttribute("transform", `matrix(${matrix})`);
  }
}
