/* Saves a typed question across a reload of the page.
 *
 * The server empties the text box when it accepts a question. If text is left when the page is hidden or
 * unloaded, for example in a reload because the app did not answer, it is stored in sessionStorage, and the next
 * page restores it. The storage ends with the tab, and nothing of it is sent.
 */
import { hasData } from "./page_state.js";
import { questionBox, write } from "./question_box.js";

const DRAFT = "scanchat-draft";

function keepDraft() {
  const words = questionBox()?.value ?? "";
  try {
    if (words.trim()) sessionStorage.setItem(DRAFT, words);
    else sessionStorage.removeItem(DRAFT);
  } catch {
    // No draft in a browser that forbids storage.
  }
}

function draftKept() {
  try {
    return sessionStorage.getItem(DRAFT) ?? "";
  } catch {
    return "";
  }
}

/* Runs once, after the server's first value; it does not overwrite a question that the user has begun. */
function restoreDraft() {
  const box = questionBox();
  if (!hasData() || !box) return;
  document.removeEventListener("scanchat-page", restoreDraft);
  const words = draftKept();
  if (words && !box.value.trim()) write(words);
  // A phone may end a hidden tab without any further event.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") keepDraft();
  });
  window.addEventListener("pagehide", keepDraft);
}

export function startDraft() {
  document.addEventListener("scanchat-page", restoreDraft);
  restoreDraft();
}
