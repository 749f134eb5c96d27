/* The chip beside the question: the next question takes the place of an earlier one. Its value,
 * {turn}, goes to the server with the question, and the server takes it back. Who leaves it finds
 * what stood in the text box before.
 */
const chip = element.querySelector(".sc-area") ?? element;
const box = () => document.getElementById("question")?.querySelector("textarea");
let before = ""; // what stood in the text box

function draw() {
  const words = props.strings;
  chip.replaceChildren();
  chip.closest("#editing")?.classList.toggle("sc-none", !props.value);
  if (!props.value) return;
  const name = document.createElement("span");
  name.textContent = words.note;
  const leave = document.createElement("button");
  leave.type = "button";
  leave.className = "sc-tool sc-wide";
  leave.textContent = "\u00d7";
  leave.title = words.leave;
  leave.setAttribute("aria-label", words.leave);
  chip.append(name, leave);
  box()?.focus();
}

function leave() {
  props.value = null;
  // gr.HTML tells watchers of the server's changes only.
  draw();
  // The place of the question that was edited goes with it.
  document.getElementById("area")?.dispatchEvent(new CustomEvent("scanchat-area", { detail: null }));
  const words = box();
  if (!words) return;
  words.value = before;
  words.dispatchEvent(new Event("input", { bubbles: true }));
  words.focus();
}

chip.addEventListener("click", (event) => {
  if (event.target.closest("button")) leave();
});

/* The server puts the old question into the text box: what is there now is kept first. */
document.addEventListener("click", (event) => {
  if (event.target.closest?.("#chat .sc-act[name=edit]") && !props.value) before = box()?.value ?? "";
}, true);

/* In the text box before the page's own Escape: a card that was opened meanwhile stays. Elsewhere after it,
 * but for what has an Escape of its own.
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
