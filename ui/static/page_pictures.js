/* The display pictures of the pages: requested ("showpage") when a page is shown, and cached. */
import { fileUrl } from "./dom.js";
import { find, keyOf, props, shownPage, state, trigger } from "./page_state.js";

/* "document/page" -> server path, "" if the page cannot be shown. */
const pictures = {};
/* Paths that failed to load. */
const gone = new Set();

/* The path of a page's picture; "" if it cannot be shown, undefined if it is not known yet. */
export const pictureOf = (page) => pictures[keyOf(page)];

/* The server's responses may arrive out of order, so entries that are missing in one are not removed. */
export function takePictures() {
  for (const [key, path] of Object.entries(props().images ?? {})) {
    pictures[key] = gone.has(path) ? "" : path;
  }
}

/* Ask the server once to write a page's picture. */
export function askForPicture(page) {
  const key = keyOf(page);
  if (key in pictures || state.asked.has(key)) return;
  state.asked.add(key);
  trigger("showpage", { document: page.document, page: page.page });
}

/* Request a picture again if its file is gone, as after a restart of the app. */
function askAgain({ currentTarget }) {
  const page = shownPage();
  const path = page && pictureOf(page);
  if (!path || currentTarget.getAttribute("src") !== fileUrl(path)) return;
  gone.add(path);
  delete pictures[keyOf(page)];
  state.asked.delete(keyOf(page));
  askForPicture(page);
}

export function startPictures() {
  find(".sc-image").addEventListener("error", askAgain);
}
