/* The display pictures of the pages: asked for when a page is looked at, kept as they come.
 *
 * Runs after page_view.js in the same function (ui/views/page_column.py joins them) and uses its names.
 */
/* "document/page" -> server path, "" where the page cannot be shown. */
const pictures = {};
/* Paths that led nowhere. */
const gone = new Set();

/* The server's answers may overtake each other: what an older one lacks is kept. */
function takePictures() {
  for (const [key, path] of Object.entries(props.images ?? {})) {
    pictures[key] = gone.has(path) ? "" : path;
  }
}

/* Have the server write a page's picture, once. */
function ask(page) {
  const key = keyOf(page);
  if (!page || key in pictures || state.asked.has(key)) return;
  state.asked.add(key);
  trigger("showpage", { document: page.document, page: page.page });
}

/* A picture that is no longer there, as after a restart of the app, is asked for once more. */
find(".sc-image").addEventListener("error", ({ currentTarget }) => {
  const page = data().pages[state.at];
  const path = page && pictures[keyOf(page)];
  if (!path || currentTarget.getAttribute("src") !== fileUrl(path)) return;
  gone.add(path);
  delete pictures[keyOf(page)];
  state.asked.delete(keyOf(page));
  ask(page);
});
