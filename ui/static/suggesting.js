/* Questions to begin with, above the text box. The value is plain data: {questions}; a press asks. */
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
  // Asked once: the answer takes their place.
  row.closest("#suggested")?.classList.add("sc-none");
  trigger("asksuggested", { words });
});

watch(["value", "strings"], draw);
draw();
