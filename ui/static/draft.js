/* A question that is typed and not taken by the server outlives the page. The server empties the text box
 * when it takes a question; what still stands there when the page goes, loaded anew because the app
 * did not answer, say, waits in the tab's own storage, and the next page puts it back.
 *
 * The storage ends with the tab, and nothing of it is sent. Runs after page_lists.js in the same function
 * (ui/views/page_column.py joins them) and uses its names.
 */
const DRAFT = "scanchat-draft";

function keepDraft() {
  const words = questionBox()?.value ?? "";
  try {
    if (words.trim()) sessionStorage.setItem(DRAFT, words);
    else sessionStorage.removeItem(DRAFT);
  } catch {
    // A browser that forbids storage keeps no draft.
  }
}

function draftKept() {
  try {
    return sessionStorage.getItem(DRAFT) ?? "";
  } catch {
    return "";
  }
}

/* Once, when the server has filled the screen; a question that was begun meanwhile stays. */
function restoreDraft() {
  const box = questionBox();
  if (data() === NOTHING || !box) return;
  document.removeEventListener("scanchat-page", restoreDraft);
  const words = draftKept();
  if (words && !box.value.trim()) write(words);
  // A page that is hidden for good may not be told: a phone ends tabs without a word.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") keepDraft();
  });
  window.addEventListener("pagehide", keepDraft);
}

document.addEventListener("scanchat-page", restoreDraft);
restoreDraft();
