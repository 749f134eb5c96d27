/* Suggested questions above the text box.
 *
 * gr.HTML starts it with `element`, `trigger`, `props` and `watch`. The value is {questions}: a list of strings.
 * Event to the server: "asksuggested" {words}, which asks the question.
 */
export function start({ element, trigger, props, watch }) {
  const row = element.querySelector(".sc-suggested") ?? element;

  function draw() {
    const questions = props.value?.questions ?? [];
    row.closest("#suggested")?.classList.toggle("sc-none", !questions.length);
    row.setAttribute("aria-label", props.strings.label);
    row.replaceChildren(
      ...questions.map((words) => {
        const made = document.createElement("button");
        made.type = "button";
        made.className = "sc-key";
        made.textContent = words;
        return made;
      }),
    );
  }

  row.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const words = button.textContent;
    // Hide the row at once, so no question is asked twice.
    row.closest("#suggested")?.classList.add("sc-none");
    trigger("asksuggested", { words });
  });

  watch(["value", "strings"], draw);
  draw();
}
