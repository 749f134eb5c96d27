/* The overlay of the page: an SVG layer in page pixels with a box for each region and each place of the answer,
 * and their labels. Also the legend of categories above the page.
 *
 * A part of the page viewer's script (ui/views/page_column.py joins the parts in one scope).
 */
const LAYER = find(".sc-layer");
const TAGS = find(".sc-tags");
/* Boxes of regions lie below those of evidence; within each kind they keep the order of arrival. */
const HOSTS = { region: find("[data-layer=region]"), evidence: find("[data-layer=evidence]") };
/* What is drawn: key, kind, mark, node and tag of each box. */
const drawn = { region: [], evidence: [] };
/* Sizes of a label in CSS pixels: it does not scale with the page. */
const TAG = { font: 11, height: 15, padding: 5 };

const colourOf = (region) => texts().colours[region.category] ?? "#64748b";
const nameOf = (region) => texts().category[region.category] ?? region.category;
/* The 0-based index of a mark's page among all pages; -1 if the page is gone. */
const ordinal = (mark) => data().pages.findIndex((page) => samePage(mark, page));
/* Unique over all documents: the page's index and the reading order on it. */
const regionId = (region) => `${ordinal(region)}-${region.order}`;

/* A short name of a mark, so a screen reader does not read a whole paragraph. */
const short = (words) => (words.length > 120 ? `${words.slice(0, 119)}\u2026` : words);

const makeSvg = (tag, className = "", attributes = {}, text = "") =>
  dress(document.createElementNS("http://www.w3.org/2000/svg", tag), className, attributes, text);

/* The layer's units are page pixels, so a box needs no conversion. */
function place(node, [left, top, right, bottom]) {
  node.setAttribute("x", left);
  node.setAttribute("y", top);
  node.setAttribute("width", right - left);
  node.setAttribute("height", bottom - top);
}

function drawMarks(page) {
  const here = (mark) => page && samePage(mark, page);
  if (page) turnLayer(page);
  LAYER.setAttribute("aria-label", texts().page.boxes);
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
    HOSTS[kind].append(entry.node);
    TAGS.append(entry.tag);
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
  const page = data().pages[state.at];
  const shown = find(".sc-paper").clientWidth;
  if (!page || !shown) return;
  // Labels are upright also over a rotated page, so they are placed in the view's frame.
  const size = sizeOf(page);
  const unit = size[0] / shown; // page pixels in a pixel of the screen
  TAGS.setAttribute("font-size", TAG.font * unit);
  const entries = [...drawn.region, ...drawn.evidence].filter(
    ({ mark, kind }) => kind === "evidence" || !state.hidden.has(mark.category),
  );
  for (const { tag } of entries) tag.classList.remove("sc-short");
  const lengths = entries.map(({ tag }) =>
    [...tag.lastChild.children].map((part) => part.getComputedTextLength()),
  );
  const boxes = entries.map(({ mark }) => boxInView(page, mark.bbox));
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

/* Candidate places of a region's label, best first: above its box, in full or as a number; beside it as a number;
 * inside it, in full or as a number. */
function aroundBox([left, top, right], [number, name], unit) {
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
const atCorner = ([, top, right], [number], unit) => [
  labelAt(number, true, right + 0.1 * TAG.height * unit, top - 0.7 * TAG.height * unit, unit),
];

function labelAt(length, short, x, y, unit) {
  const [width, height] = [length + 2 * TAG.padding * unit, TAG.height * unit];
  return { short, length, box: [x, y, x + Math.max(width, height), y + height] };
}

/* Of some candidates, moved onto the page, the first that covers the least area already taken. Its own box
 * counts half. */
function least(labels, [width, height], taken, own) {
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

const shared = ([a0, b0, a1, b1], [c0, d0, c1, d1]) =>
  Math.max(0, Math.min(a1, c1) - Math.max(a0, c0)) * Math.max(0, Math.min(b1, d1) - Math.max(b0, d0));

new ResizeObserver(keepTags).observe(find(".sc-paper"));

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

function toggleCategory(category) {
  if (!state.hidden.delete(category)) state.hidden.add(category);
  hideCategories();
  keepTags();
}
