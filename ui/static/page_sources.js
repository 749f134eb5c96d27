/* Where the words of the page come from: the PDF's text, the picture, or a form. The button tints them and the
 * line below the bar counts them.
 *
 * The event "readsources" asks the server for the words' boxes, which come back in the property `sources`.
 */
import { fill, makeSvg } from "./dom.js";
import { place } from "./page_marks.js";
import { find, keyOf, props, samePage, shownPage, state, texts, trigger, view } from "./page_state.js";

const shown = { drawn: null, asked: null };

export function drawSources(page) {
  const words = texts().sources;
  const button = find("[data-sources]");
  button.disabled = !page;
  button.title = words.button;
  button.setAttribute("aria-label", words.button);
  button.setAttribute("aria-pressed", String(state.sources));
  const read = props().sources;
  const here = state.sources && page && read && samePage(read, page) ? read : null;
  if (state.sources && page && !here && shown.asked !== keyOf(page)) {
    shown.asked = keyOf(page);
    trigger("readsources", { document: page.document, page: page.page });
  }
  const line = find(".sc-sources");
  line.hidden = !state.sources || !page;
  if (!line.hidden) line.textContent = here ? sentence(here.groups, words) : words.reading;
  if (shown.drawn === here) return;
  shown.drawn = here;
  find("[data-layer=source]").replaceChildren(...(here?.groups ?? []).flatMap(boxesOf));
}

/* "From the PDF's text: 120. Read from the picture: 8." */
const sentence = (groups, words) =>
  groups.map((group) => fill(words[group.source], { count: group.boxes.length })).join(" ") || words.none;

function boxesOf(group) {
  return group.boxes.map((bbox) => {
    const node = makeSvg("rect", "sc-source", { "data-source": group.source });
    place(node, bbox);
    return node;
  });
}

export function startSources() {
  view().addEventListener("click", (event) => {
    if (!event.target.closest("[data-sources]")) return;
    state.sources = !state.sources;
    shown.asked = null;
    drawSources(shownPage());
  });
}
