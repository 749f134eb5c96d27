/* Closes a dropdown that loses the focus to the keyboard: Gradio reopens its list after the focus has gone, and
 * only Escape closes it.
 */
const SETTLED = 200; // milliseconds after which Gradio has finished handling the loss of focus

export function startDropdowns() {
  document.addEventListener("focusout", ({ target }) => {
    if (!target.matches?.("[role=combobox]")) return;
    window.setTimeout(() => {
      if (document.activeElement === target || target.getAttribute("aria-expanded") !== "true") return;
      target.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    }, SETTLED);
  });
}
