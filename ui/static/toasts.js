/* Gradio's notice of a lost connection, in the screen's language: Gradio has it in English alone.
 *
 * Runs with page_view.js in the same function (ui/views/page_column.py joins them) and uses its names.
 */
const LOST = /connection to the server was lost/i;

/* Letters are exchanged and nodes stay: Gradio goes on using them. */
function sayInstead(element, words) {
  const letters = [...(element?.childNodes ?? [])].find((node) => node.nodeType === Node.TEXT_NODE);
  if (letters && letters.data !== words) letters.data = words;
}

function translateToasts(wrap) {
  for (const toast of wrap.querySelectorAll(".toast-item")) {
    const text = toast.querySelector("[data-testid=toast-text]");
    if (!text || !LOST.test(text.textContent)) continue;
    const words = texts().connection;
    sayInstead(text, words.lost);
    sayInstead(toast.querySelector(".toast-title"), words.title);
    toast.querySelector("[data-testid=toast-close]")?.setAttribute("aria-label", words.close);
  }
}

const toasts = document.querySelector(".toast-wrap");
if (toasts) {
  new MutationObserver(() => translateToasts(toasts)).observe(toasts, {
    childList: true,
    subtree: true,
  });
}
