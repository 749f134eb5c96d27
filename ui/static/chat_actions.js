/* The buttons below questions and answers (ui/views/message_buttons.py).
 *
 * Copying happens here. "again" {turn} and "act" {kind, turn} go to the server.
 */
import { listen } from "./dom.js";
import { copyText } from "./page_select.js";
import { trigger } from "./page_state.js";

function onTalk(event) {
  const button = event.target.closest(".sc-act");
  if (!button) return;
  const turn = Number(button.value);
  if (button.name === "copy") copyAnswer(button);
  else if (button.name === "again") trigger("again", { turn });
  else trigger("act", { kind: button.name, turn });
}

function copyAnswer(button) {
  // Of two answers side by side, only the one above the button, without its figures and notices.
  const answer = button.closest(".sc-column > div") ?? button.closest(".message-content, .message");
  const said = answer?.cloneNode(true);
  if (!said) return;
  for (const part of said.querySelectorAll(".sc-acts, .sc-doubt, .sc-nearest")) part.remove();
  // Tables are copied as lines with tabs, which a spreadsheet accepts.
  for (const row of said.querySelectorAll("tr")) {
    row.replaceWith(`${[...row.cells].map((cell) => cell.textContent).join("\t")}\n`);
  }
  copyText(said.textContent.trim()).then(() => {
    button.classList.add("sc-on");
    window.setTimeout(() => button.classList.remove("sc-on"), 1500);
  });
}

export function startChatActions() {
  listen("talk", onTalk);
}
