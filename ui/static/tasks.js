/* The tasks as radio buttons. Those that the model cannot do are disabled and show the reason.
 *
 * gr.HTML starts it with `element`, `trigger`, `props` and `watch`. The value is the id of the chosen task, and the
 * server reacts to its change. `tasks` is a list of {id, title, why, asks} (ui/views/labels.py). The event
 * "choosetask" has no handler on the server. The last button reads the document's fields in the form below the
 * page (ui/static/fields.js); it is not a task of this group.
 */
import { readFields } from "./fields.js";

export function start({ element, trigger, props, watch }) {
  const place = element.querySelector(".sc-tasks") ?? element;
  const group = document.createElement("div");
  const reason = document.createElement("p");
  group.className = "sc-task-row";
  group.setAttribute("role", "radiogroup");
  reason.className = "sc-hint sc-why";
  reason.setAttribute("role", "status");
  const fields = document.createElement("button");
  fields.type = "button";
  fields.className = "sc-task";
  fields.dataset.task = "fields";
  const row = document.createElement("div");
  row.className = "sc-task-row";
  row.append(group, fields);
  place.replaceChildren(row, reason);

  const buttons = () => [...group.querySelectorAll("button")];
  const able = () => buttons().filter((button) => button.getAttribute("aria-disabled") !== "true");

  function say(words) {
    reason.textContent = words;
    reason.hidden = !words;
  }

  function buttonOf(task) {
    const made = document.createElement("button");
    const chosen = task.id === props.value;
    made.type = "button";
    made.className = "sc-task";
    made.dataset.task = task.id;
    if (task.asks) made.dataset.asks = "";
    made.setAttribute("role", "radio");
    made.setAttribute("aria-checked", String(chosen));
    made.tabIndex = chosen ? 0 : -1;
    made.textContent = task.title;
    if (task.why) {
      made.setAttribute("aria-disabled", "true");
      made.title = task.why;
    }
    return made;
  }

  function draw() {
    const had = group.contains(document.activeElement);
    group.setAttribute("aria-label", props.strings.label);
    group.replaceChildren(...(props.tasks ?? []).map(buttonOf));
    fields.textContent = props.strings.fields;
    fields.title = props.strings.fields_why;
    say("");
    if (had) group.querySelector("[aria-checked=true]")?.focus();
    // On a phone the row scrolls sideways.
    const chosen = group.querySelector("[aria-checked=true]");
    if (chosen && row.scrollWidth > row.clientWidth) {
      row.scrollLeft = chosen.offsetLeft - row.offsetLeft - 40;
    }
  }

  function choose(button) {
    if (button.getAttribute("aria-disabled") === "true") {
      say(button.title);
      return;
    }
    if (button.dataset.task === props.value) return;
    props.value = button.dataset.task;
    draw();
    trigger("choosetask", { task: button.dataset.task });
  }

  group.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) choose(button);
  });

  /* As in any group of radio buttons, arrow keys move the choice and wrap around. */
  group.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const all = able();
    if (!step || !all.length) return;
    event.preventDefault();
    const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    next.focus();
    choose(next);
  });

  fields.addEventListener("click", () => {
    say(readFields() ? "" : props.strings.fields_none);
  });

  /* Hide the reason when the focus moves elsewhere: on a phone it takes the chat's space. */
  document.addEventListener("focusin", ({ target }) => {
    if (!place.contains(target)) say("");
  });

  watch(["value", "tasks", "strings"], draw);
  draw();
}
