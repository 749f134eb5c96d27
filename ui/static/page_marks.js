/* The overlay of the page: an SVG layer in page pixels with a box for each region and each place of the answer,
 * and their labels. Also the legend of categories above the page.
 */
import { fill, make, makeSvg } from "./dom.js";
import { reveal } from "./page_frame.js";
import { data, find, ordinal, samePage, shownPage, state, texts } from "./page_state.js";
import { shownBox, sizeOf, turnLayer } from "./page_turn.js";
import { aroundBox, atCorner, least, TAG } from "./tag_places.js";

/* What is drawn: key, kind, mark, node and tag of each box. */
export const drawn = { region: [], evidence: [] };

export const colourOf = (region) => texts().colours[region.category] ?? "#64748b";
export const nameOf = (region) => texts().category[region.category] ?? region.category;
/* Unique over all documents: the page's index and the reading order on it. */
export const regionId = (region) => `${ordinal(region)}-${region.order}`;

/* The name of a place, for people. */
export function titleOf(mark) {
  const words = texts().card;
  if (mark.title) return mark.title;
  if (mark.kind === "region") return `${mark.order + 1}. ${nameOf(mark)}`;
  const values = { page: ordinal(mark) + 1 };
  return fill(mark.kind === "drawn" ? words.box : words.place, values);
}

/* A short name of a mark, so a screen reader does not read a whole paragraph. */
export const short = (words) => (words.length > 120 ? `${words.slice(0, 119)}\u2026` : words);

/* The layer's units are page pixels, so a box needs no conversion. */
export function place(node, [left, top, right, bottom]) {
  node.setAttribute("x", left);
  node.setAttribute("y", top);
  node.setAttribute("width", right - left);
  node.setAttribute("height", bottom - top);
}

export function drawMarks(page) {
  const here = (mark) => page && samePage(mark, page);
  if (page) turnLayer(page);
  find(".sc-layer").setAttribute("aria-label", texts().page.boxes);
  const regions = data().regions.filter(here);
  const places = [...data().evidence.entries()].filter(([, found]) => here(found));
  const changed = redraw("region", regions, regionMark);
  redraw("evidence", places.map(([index, found]) => ({ index, ...found })), evidenceMark);
  if (changed) drawLegend(regions);
  hideCategories();
  keepTags();
}

/* A streaming answer only adds boxes: drawn ones stay and keep the focus. */
function redraw(kind, marks, build) {
  const known = drawn[kind];
  // Boxes of regions lie below those of evidence; within each kind they keep the order of arrival.
  const [boxes, tags] = [find(`[data-layer=${kind}]`), find(".sc-tags")];
  const keys = marks.map((mark) => JSON.stringify([texts().language, ordinal(mark), mark]));
  let same = 0;
  while (same < known.length && known[same].key === keys[same]) same += 1;
  if (same === known.length && same === keys.length) return false;
  for (const { node, tag } of known.splice(same)) {
    node.remove();
    tag.remove();
  }
  for (const [index, mark] of marks.entries()) {
    if (index < same) continue;
    const entry = { key: keys[index], kind, mark, ...build(mark) };
    boxes.append(entry.node);
    tags.append(entry.tag);
    known.push(entry);
  }
  return true;
}

/* A box that works as a button, also by keyboard. label: its accessible name. */
function boxOf(mark, className, label, attributes) {
  const node = makeSvg("rect", className, {
    ...attributes,
    "data-document": mark.document,
    "data-page": mark.page,
    "data-bbox": mark.bbox.join(","),
    role: "button",
    tabindex: "0",
    "aria-label": label,
  });
  // The browser shows it as a tooltip.
  if (mark.text) node.append(makeSvg("title", "", {}, mark.text));
  place(node, mark.bbox);
  return node;
}

function evidenceMark(found) {
  const label = fill(texts().evidence.place, { number: found.number, text: short(found.text) });
  const tag = makeSvg("g", "sc-tag sc-number");
  tag.append(makeSvg("rect"), makeSvg("text"));
  tag.lastChild.append(makeSvg("tspan", "", {}, String(found.number)));
  return { node: boxOf(found, "sc-evidence", label, { "data-evidence": found.index }), tag };
}

function regionMark(region) {
  const name = nameOf(region);
  const use = fill(texts().regions.use, { text: short(region.text) });
  const node = boxOf(region, "sc-region", `${region.order + 1}. ${name}. ${use}`, {
    "data-region": regionId(region),
    "data-category": region.category,
    "data-order": region.order,
  });
  const tag = makeSvg("g", "sc-tag");
  for (const part of [node, tag]) part.style.setProperty("--colour", colourOf(region));
  tag.append(makeSvg("rect"), makeSvg("text"));
  tag.lastChild.append(
    makeSvg("tspan", "", {}, String(region.order + 1)),
    makeSvg("tspan", "sc-tag-name", {}, ` ${name}`),
  );
  return { node, tag };
}

/* Place the labels: each stays on the page, keeps its size on the screen and covers as little as possible. */
function keepTags() {
  const page = shownPage();
  const shown = find(".sc-paper").clientWidth;
  if (!page || !shown) return;
  // Labels are upright also over a rotated page, so they are placed in the view's frame.
  const size = sizeOf(page);
  const unit = size[0] / shown; // page pixels in a pixel of the screen
  find(".sc-tags").setAttribute("font-size", TAG.font * unit);
  const entries = [...drawn.region, ...drawn.evidence].filter(
    ({ mark, kind }) => kind === "evidence" || !state.hidden.has(mark.category),
  );
  for (const { tag } of entries) tag.classList.remove("sc-short");
  const lengths = entries.map(({ tag }) =>
    [...tag.lastChild.children].map((part) => part.getComputedTextLength()),
  );
  const boxes = entries.map(({ mark }) => shownBox(page, mark.bbox));
  const taken = [...boxes];
  for (const [index, { kind, tag }] of entries.entries()) {
    const places = (kind === "evidence" ? atCorner : aroundBox)(boxes[index], lengths[index], unit);
    const best = least(places, size, taken, boxes[index]);
    const [plate, words] = tag.children;
    tag.classList.toggle("sc-short", best.short);
    place(plate, best.box);
    plate.setAttribute("rx", (kind === "evidence" ? TAG.height / 2 : 2) * unit);
    words.setAttribute("x", (best.box[0] + best.box[2] - best.length) / 2);
    words.setAttribute("y", best.box[1] + 0.75 * TAG.height * unit);
    taken.push(best.box);
  }
}

/* The legend: a button for each category on this page, which hides or shows the category's boxes. */
function drawLegend(regions) {
  const legend = find(".sc-legend");
  const counts = new Map();
  for (const region of regions) {
    counts.set(region.category, (counts.get(region.category) ?? 0) + 1);
  }
  legend.hidden = counts.size === 0;
  legend.setAttribute("aria-label", texts().page.categories);
  const focused = document.activeElement?.dataset?.legend;
  legend.replaceChildren(
    ...[...counts].map(([category, count]) => {
      const button = make("button", "sc-key", { type: "button", "data-legend": category });
      button.style.setProperty("--colour", colourOf({ category }));
      button.append(make("span", "sc-swatch", { "aria-hidden": "true" }));
      button.append(make("span", "", {}, nameOf({ category })));
      button.append(make("span", "sc-count", {}, String(count)));
      return button;
    }),
  );
  if (focused) legend.querySelector(`[data-legend="${CSS.escape(focused)}"]`)?.focus();
}

function hideCategories() {
  for (const { mark, node, tag } of drawn.region) {
    for (const part of [node, tag]) {
      part.classList.toggle("sc-hidden", state.hidden.has(mark.category));
    }
  }
  for (const button of find(".sc-legend").children) {
    button.setAttribute("aria-pressed", String(!state.hidden.has(button.dataset.legend)));
  }
}

export function toggleCategory(category) {
  if (!state.hidden.delete(category)) state.hidden.add(category);
  hideCategories();
  keepTags();
}

/* Make marks glow, and scroll the page's frame to the first one. */
export function glow(selector) {
  const nodes = [...find(".sc-marks").querySelectorAll(selector)];
  for (const node of nodes) {
    node.classList.remove("sc-glow");
    void node.getBoundingClientRect(); // restarts the animation
    node.classList.add("sc-glow");
  }
  reveal(nodes[0]);
}

export function startMarks() {
  new ResizeObserver(keepTags).observe(find(".sc-paper"));
}
