/* A model's card, folded behind one line of advice.
 *
 * gr.HTML starts it with `element`, `trigger`, `props` and `watch`. The value is plain data
 * (ui/views/model_card.py). Event to the server: "actonmodel" {act}, where act is "load", "unload" or "download"
 * for a button, and "look" when the card is opened, which only refreshes it. */
export function start({ element, trigger, props, watch }) {
  const place = element.querySelector(".sc-model") ?? element;
  const lead = document.createElement("span");
  const card = document.createElement("details");
  const title = document.createElement("summary");
  const facts = document.createElement("ul");
  const foot = document.createElement("div");
  const busy = document.createElement("p");
  const bar = document.createElement("progress");
  const problem = document.createElement("p");
  lead.className = "sc-model-lead";
  foot.className = "sc-model-foot";
  busy.className = "sc-hint";
  busy.setAttribute("role", "status");
  problem.className = "sc-problem";
  problem.setAttribute("role", "alert");
  card.append(title, facts, problem, busy, bar, foot);
  place.replaceChildren(lead, " ", card);

  function draw() {
    const found = props.value ?? {};
    place.hidden = !found.model;
    if (!found.model) return;
    lead.textContent = found.advice;
    title.textContent = found.title;
    facts.replaceChildren(
      ...found.facts.map((words) => {
        const item = document.createElement("li");
        item.textContent = words;
        return item;
      }),
    );
    busy.textContent = found.busy;
    busy.hidden = !found.busy;
    busy.classList.toggle("sc-busy", Boolean(found.busy) && found.share === null);
    bar.hidden = !found.busy || found.share === null;
    bar.value = found.share ?? 0;
    bar.setAttribute("aria-label", found.busy || found.title);
    problem.textContent = found.problem;
    problem.hidden = !found.problem;
    const had = foot.contains(document.activeElement);
    foot.replaceChildren(
      ...found.actions.map((action) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "sc-tool sc-wide";
        button.dataset.act = action.act;
        button.textContent = action.title;
        return button;
      }),
    );
    if (had) (foot.querySelector("button") ?? title).focus();
  }

  foot.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button || button.disabled) return;
    button.disabled = true;
    trigger("actonmodel", { act: button.dataset.act });
  });

  /* The facts may be out of date: request them again when the card is opened. */
  card.addEventListener("toggle", () => {
    if (card.open) trigger("actonmodel", { act: "look" });
  });

  watch("value", draw);
  draw();
}
