/* The menu that saves the conversation as a file.
 *
 * gr.HTML starts it with `element`, `trigger`, `props` and `watch`. The value is true if there is anything to save.
 * Event to the server: "savetalk" {kind}.
 */
export function start({ element, trigger, props, watch }) {
  const place = element.querySelector(".sc-save") ?? element;

  function draw() {
    place.closest("#save")?.classList.toggle("sc-none", !props.value);
    const words = props.strings;
    const menu = document.createElement("details");
    const name = document.createElement("summary");
    name.className = "sc-tool sc-wide";
    name.textContent = words.title;
    const list = document.createElement("div");
    list.className = "sc-menu";
    list.append(
      ...["html", "docx", "md", "json"].map((kind) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "sc-tool sc-wide";
        button.dataset.kind = kind;
        button.textContent = words[kind];
        return button;
      }),
    );
    menu.append(name, list);
    place.replaceChildren(menu);
  }

  place.addEventListener("click", (event) => {
    const button = event.target.closest("[data-kind]");
    if (!button) return;
    place.querySelector("details").open = false;
    trigger("savetalk", { kind: button.dataset.kind });
  });

  place.addEventListener("keydown", (event) => {
    const menu = place.querySelector("details");
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  place.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !place.contains(event.relatedTarget)) {
      place.querySelector("details").open = false;
    }
  });

  watch(["value", "strings"], draw);
  draw();
}
