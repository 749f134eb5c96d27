/* The chip beside the question: the next question takes the place of an earlier one. Its value,
 * {turn}, goes to the server with the question, and the server takes it back.
 */
const chip = element.querySelector(".sc-area") ?? element;
const box = () => document.getElementById("question")?.querySelector("textarea");

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

chip.addEventListener("click", (event) => {
  if (!event.target.closest("button")) return;
  props.value = null;
  // gr.HTML tells watchers of the server's changes only.
  draw();
  box()?.focus();
});

watch(["value", "strings"], draw);
draw();
