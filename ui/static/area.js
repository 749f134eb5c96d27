/* The chip beside the question: the place that the next question is about. Its value goes to the
 * server with the question ({document, page, bbox}, page pixels), and the server takes it back.
 */
const chip = element.querySelector(".sc-area") ?? element;

/* gr.HTML tells watchers of the server's changes only. */
function set(area) {
  props.value = area;
  draw();
}

function draw() {
  const area = props.value || null;
  const words = props.strings;
  chip.replaceChildren();
  chip.closest("#area")?.classList.toggle("sc-none", !area);
  if (!area) return;
  const name = document.createElement("span");
  name.textContent = words.of_page.replace("{page}", String(area.number));
  const remove = document.createElement("button");
  remove.type = "button";
  remove.className = "sc-tool sc-wide";
  remove.textContent = "\u00d7";
  remove.title = words.remove;
  remove.setAttribute("aria-label", words.remove);
  chip.append(name, remove);
}

chip.addEventListener("click", (event) => {
  if (!event.target.closest("button")) return;
  set(null);
  document.getElementById("question")?.querySelector("textarea")?.focus();
});

document.getElementById("area")?.addEventListener("scanchat-area", (event) => {
  set(event.detail);
});

watch(["value", "strings"], draw);
draw();
