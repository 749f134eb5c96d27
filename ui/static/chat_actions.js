/* The buttons below questions and answers (ui/views/message_buttons.py). Copying is done here; the rest is
 * asked of the server.
 *
 * Runs after page_lists.js in the same function and uses its names.
 */
listen("talk", (event) => {
  const button = event.target.closest(".sc-act");
  if (!button) return;
  const turn = Number(button.value);
  if (button.name === "copy") copyAnswer(button);
  else if (button.name === "again") trigger("again", { turn });
  else trigger("act", { kind: button.name, turn });
});

function copyAnswer(button) {
  // Of two answers side by side, the one that the button stands below, without its figures and notes.
  const answer = button.closest(".sc-column > div") ?? button.closest(".message-content, .message");
  const said = answer?.cloneNode(true);
  if (!said) return;
  for (const row of said.querySelectorAll(".sc-acts")) row.remove();
  // A spreadsheet takes lines with tabs between the cells.
  for (const row of said.querySelectorAll("tr")) {
    row.replaceWith(`${[...row.cells].map((cell) => cell.textContent).join("\t")}\n`);
  }
  copyText(said.textContent.trim()).then(() => {
    button.classList.add("sc-on");
    window.setTimeout(() => button.classList.remove("sc-on"), 1500);
  });
}
