/* A dropdown that the keyboard has left: Gradio shows its list again after the focus has gone, and
 * nothing closes it. Escape does.
 *
 * Runs with page_view.js in the same function (ui/views/page_column.py joins them).
 */
const SETTLED = 200; // milliseconds after which Gradio has done what it does on leaving

document.addEventListener("focusout", ({ target }) => {
  if (!target.matches?.("[role=combobox]")) return;
  window.setTimeout(() => {
    if (document.activeElement === target || target.getAttribute("aria-expanded") !== "true") return;
    target.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  }, SETTLED);
});
