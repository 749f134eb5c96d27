/* What the parts of the page viewer share: its element, the server's data and the state of the screen.
 *
 * page_view.js connects it once. Until then there is no page, so modules may be loaded in any order.
 */
export const state = {
  at: 0, followed: 0, zoom: 1, fit: "page", room: 0, whole: false, asked: new Set(), saved: 0,
  hidden: new Set(), // categories that the user does not want to see
  selected: null, // a place: kind, document, page, bbox, text
  armed: null, // the place that the next question is about
  drawing: false, // a box is being drawn; draft is its current state
  draft: null,
  sources: false, // the words are tinted by where they come from
  wish: null, // a request to show the place of a mark in the chat: turn, number
};

const NOTHING = { pages: [], evidence: [], suggestions: [], regions: [], jump: null };
const viewer = { element: null, trigger: null, props: {}, redraw: null };
let tellConnected = null;
const connection = new Promise((resolve) => { tellConnected = resolve; });

/* Begin. element, trigger, props: those of gr.HTML; redraw: draws the whole viewer. */
export function connect({ element, trigger, props }, redraw) {
  Object.assign(viewer, { element: element.closest("#page-view") ?? element, trigger, props, redraw });
  if (isNarrow()) state.fit = "width";
  tellConnected();
}

/* Resolves when the viewer can send events. */
export const connected = () => connection;

export const trigger = (name, detail) => viewer.trigger(name, detail);
export const redraw = () => viewer.redraw();
export const props = () => viewer.props;
export const view = () => viewer.element;
export const find = (selector) => viewer.element.querySelector(selector);
export const isNarrow = () => window.matchMedia("(max-width: 900px)").matches;

/* The first value from the server means that this browser has a session. */
export const hasData = () => data() !== NOTHING;
export const data = () => (viewer.props.value?.pages ? viewer.props.value : NOTHING);
export const texts = () => viewer.props.strings;
export const keyOf = (page) => `${page.document}/${page.page}`;
export const samePage = (mark, page) => mark.document === page.document && mark.page === page.page;

/* The 0-based index of a mark's page among pages; -1 if the page is gone. */
export const ordinal = (mark, pages = data().pages) => pages.findIndex((page) => samePage(mark, page));

/* The page on the screen; undefined if there is none. */
export const shownPage = () => data().pages[state.at];

/* Tell a screen reader. */
export function say(words) {
  find(".sc-said").textContent = words;
}
