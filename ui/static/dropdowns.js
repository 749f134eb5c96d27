/* Closes a dropdown that loses the focus to the keyboard: Gradio reopens its list after the focus has gone, and
 * only Escape closes it.
 *
 * A part of the page viewer's script (ui/views/page_column.py); uses no names of the others.
 */
const SETTLED = 200; // milliseconds after which Gradio has finished handling the loss of focus

document.addEventListener("focusout", ({ target }) => {
  if (!target.matches?.("[role=combobox]")) return;
  window.setTimeout(() => {
    if (document.activeElement === target || target.getAttribute("aria-expanded") !== "true") return;
    target.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  }, SETTLED);
});
