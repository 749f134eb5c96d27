/* What lies over the page: evidence, regions with their labels, and the legend of categories.
 *
 * Runs after page_view.js in the same function (ui/screen.py joins them) and uses its names.
 */
const colourOf = (region) => texts().colours[region.category] ?? "#64748b";
const nameOf = (region) => texts().category[region.category] ?? region.category;
/* Unique over all documents: the page's place among all pages, and the reading order on it. */
const ordinal = (mark) => data().pages.findIndex((page) => samePage(mark, page));
const regionId = (region) => `${ordinal(region)}-${region.order}`;

/* A screen reader need not read a whole paragraph to name a mark. */
const short = (words) => (words.length > 120 ? `${words.slice(0, 119)}\u2026` : words);

function place(node, mark, page) {
  const [left, top, right, bottom] = mark.bbox;
  node.style.left = `${(100 * left) / page.width}%`;
  node.style.top = `${(100 * top) / page.height}%`;
  node.style.width = `${(100 * (right - left)) / page.width}%`;
  node.style.height = `${(100 * (bottom - top)) / page.height}%`;
}

function drawMarks(page) {
  const here = (mark) => page && samePage(mark, page);
  const regions = data().regions.filter(here);
  const evidence = [...data().evidence.entries()].filter(([, found]) => here(found));
  const drawn = JSON.stringify([page && keyOf(page), evidence, regions, texts().category]);
  if (drawn !== state.marked) {
    state.marked = drawn;
    find(".sc-marks").replaceChildren(
      ...regions.map((region) => regionMark(region, page)),
      ...evidence.map(([index, found]) => evidenceMark(found, index, page)),
    );
    drawLegend(regions);
  }
  hideCategories();
  keepTags();
}

function evidenceMark(found, index, page) {
  const node = make("button", "sc-evidence", {
    type: "button",
    "data-evidence": index,
    "data-document": found.document,
    "data-page": found.page,
    "data-bbox": found.bbox.join(","),
    "aria-label": fill(texts().regions.use, { text: short(found.text) }),
    title: found.text,
  });
  place(node, found, page);
  return node;
}

function regionMark(region, page) {
  const name = nameOf(region);
  const use = fill(texts().regions.use, { text: short(region.text) });
  const node = make("button", "sc-region", {
    type: "button",
    "data-region": regionId(region),
    "data-category": region.category,
    "data-order": region.order,
    "data-page": region.page,
    "data-bbox": region.bbox.join(","),
    "aria-label": `${region.order + 1}. ${name}. ${use}`,
    title: region.text,
  });
  node.style.setProperty("--colour", colourOf(region));
  place(node, region, page);
  node.append(make("span", "sc-tag", { "aria-hidden": "true" }, `${region.order + 1} ${name}`));
  return node;
}

/* Every label stays on the page: above its box where there is room, else inside at its top, and
 * never past an edge. Measured on the screen, because labels do not grow with the page. */
function keepTags() {
  const paper = find(".sc-paper").getBoundingClientRect();
  if (!paper.width) return;
  const places = [...find(".sc-marks").querySelectorAll(".sc-region:not([hidden]) > .sc-tag")].map(
    (tag) => {
      const box = tag.parentElement.getBoundingClientRect();
      const [width, height] = [tag.scrollWidth, tag.offsetHeight];
      const above = box.top - height >= paper.top;
      const top = above ? box.top - height : Math.min(box.top, paper.bottom - height);
      const left = Math.max(paper.left, Math.min(box.left, paper.right - width));
      return { tag, above, top: top - box.top, left: left - box.left };
    },
  );
  for (const { tag, above, top, left } of places) {
    // The label's frame of reference is the box inside its border of two pixels.
    tag.style.top = `${top - 2}px`;
    tag.style.left = `${left - 2}px`;
    tag.style.maxWidth = `${paper.width}px`;
    tag.classList.toggle("sc-inside", !above);
  }
}

new ResizeObserver(keepTags).observe(find(".sc-paper"));

/* A button for each category on this page; it hides and shows the category's boxes. */
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
  for (const node of find(".sc-marks").querySelectorAll(".sc-region")) {
    node.hidden = state.hidden.has(node.dataset.category);
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
