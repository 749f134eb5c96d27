/* The display pictures of the pages: requested ("showpage") when a page is shown, and cached.
 *
 * A part of the page viewer's script (ui/views/page_column.py joins the parts in one scope).
 */
/* "document/page" -> server path, "" if the page cannot be shown. */
const pictures = {};
/* Paths that failed to load. */
const gone = new Set();

/* The server's responses may arrive out of order, so entries that are missing in one are not removed. */
function takePictures() {
  for (const [key, path] of Object.entries(props.images ?? {})) {
    pictures[key] = gone.has(path) ? "" : path;
  }
}

/* Ask the server once to write a page's picture. */
function ask(page) {
  const key = keyOf(page);
  if (!page || key in pictures || state.asked.has(key)) return;
  state.asked.add(key);
  trigger("showpage", { document: page.document, page: page.page });
}

/* Request a picture again if its file is gone, as after a restart of the app. */
find(".sc-image").addEventListener("error", ({ currentTarget }) => {
  const page = data().pages[state.at];
  const path = page && pictures[keyOf(page)];
  if (!path || currentTarget.getAttribute("src") !== fileUrl(path)) return;
  gone.add(path);
  delete pictures[keyOf(page)];
  state.asked.delete(keyOf(page));
  ask(page);
});
