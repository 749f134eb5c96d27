/* Translates Gradio's notice of a lost connection, which Gradio has in English only. */
import { texts } from "./page_state.js";

const LOST = /connection to the server was lost/i;

/* Replace the text and keep the node, which Gradio continues to use. */
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

export function startToasts() {
  const toasts = document.querySelector(".toast-wrap");
  if (!toasts) return;
  new MutationObserver(() => translateToasts(toasts)).observe(toasts, {
    childList: true,
    subtree: true,
  });
}
