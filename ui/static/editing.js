/* The chip above the text box that shows that the next question replaces an earlier one.
 *
 * gr.HTML starts it with `element`, `props` and `watch`. The value is {turn} or null. The server reads it with
 * the question and then clears it. Cancelling restores the previous content of the text box and clears the
 * region of the next question.
 */
import { questionBox, write } from "./question_box.js";

export function start({ element, props, watch }) {
  const chip = element.querySelector(".sc-area") ?? element;
  let before = ""; // what stood in the text box

  function draw() {
    const words = props.strings;
    chip.replaceChildren();
    chip.closest("#editing")?.classList.toggle("sc-none", !props.value);
    if (!props.value) return;
    const name = document.createElement("span");
    name.textContent = words.note;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sc-tool sc-wide";
    button.textContent = "\u00d7";
    button.title = words.leave;
    button.setAttribute("aria-label", words.leave);
    chip.append(name, button);
    questionBox()?.focus();
  }

  function leave() {
    props.value = null;
    // gr.HTML calls watchers only after a change by the server.
    draw();
    // The region of the edited question goes with it.
    document.getElementById("area")?.dispatchEvent(new CustomEvent("scanchat-area", { detail: null }));
    if (!questionBox()) return;
    write(before);
    questionBox().focus();
  }

  chip.addEventListener("click", (event) => {
    if (event.target.closest("button")) leave();
  });

  /* The server will put the old question into the text box: save its current content first. */
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("#chat .sc-act[name=edit]") && !props.value) before = questionBox()?.value ?? "";
  }, true);

  /* Escape cancels. In the text box this takes precedence over the viewer's Escape, so an open card stays open.
   * Elsewhere an open card comes first, and parts with their own Escape are left alone.
   */
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !props.value) return;
    if (!event.target.closest?.("#question, #editing")) {
      if (event.target.closest?.("#side, #save details[open], [role=combobox], #page-view")) return;
      if (document.querySelector("#page-view .sc-card:not([hidden])")) return;
    }
    event.preventDefault();
    leave();
  }, true);

  watch(["value", "strings"], draw);
  draw();
}
