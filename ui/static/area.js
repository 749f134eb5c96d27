/* The chip above the text box: the region that the next question is about.
 *
 * gr.HTML starts it with `element`, `props` and `watch`. The value is {document, page, bbox, number}: a 0-based
 * page of the document, a box in page pixels and the page's 1-based number among all pages, or null. The
 * server reads it with the question and then clears it. The viewer sets it with "scanchat-area".
 */
export function start({ element, props, watch }) {
  const chip = element.querySelector(".sc-area") ?? element;

  /* gr.HTML calls watchers only after a change by the server. */
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
}
