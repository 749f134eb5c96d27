/* Accessible names, in the screen's language, of parts that Gradio draws. */
import { byId } from "./dom.js";
import { texts } from "./page_state.js";

/* Set accessible names in the screen's language: Gradio names some parts in English only or by their markup.
 * Runs again after every change, because Gradio recreates these parts. */
export function nameParts() {
  const { chat, question, button, archive } = texts();
  const names = {
    "#chat [role=log]": chat,
    "#question .full-container": question,
    "#question .upload-button": button.attach,
    "#question .submit-button": button.send,
    "#side .toggle-button": archive,
  };
  for (const [selector, name] of Object.entries(names)) {
    const part = document.querySelector(selector);
    if (part && part.getAttribute("aria-label") !== name) part.setAttribute("aria-label", name);
  }
  nameSide();
  nameExamples();
  // Gradio puts "range slider for ..." before the name of the setting.
  for (const part of document.querySelectorAll("#settings input[type=range], #settings input[type=number]")) {
    const said = part.closest(".block")?.querySelector("[data-testid=block-info]")?.textContent.trim();
    if (said && part.getAttribute("aria-label") !== said) part.setAttribute("aria-label", said);
  }
  // A screen reader reads the message itself; Gradio's label would repeat it as HTML.
  for (const said of document.querySelectorAll("#chat [data-testid][aria-label]")) {
    said.removeAttribute("aria-label");
  }
}

/* Set aria-expanded of the sidebar's toggle button. */
function nameSide() {
  const opener = document.querySelector("#side .toggle-button");
  const opened = String(byId("side")?.classList.contains("open") ?? false);
  if (opener && opener.getAttribute("aria-expanded") !== opened) {
    opener.setAttribute("aria-expanded", opened);
  }
}

/* The examples are buttons, so their container is a group, not a list. Each button is named by its text, and its
 * picture is decorative. */
function nameExamples() {
  document.querySelector("#chat .examples[role=list]")?.setAttribute("role", "group");
  for (const button of document.querySelectorAll("#chat .example[aria-label]")) {
    button.removeAttribute("aria-label");
  }
  for (const picture of document.querySelectorAll("#chat .example img:not([alt=''])")) {
    picture.alt = "";
  }
}

export function startNames() {
  if (byId("side")) new MutationObserver(nameSide).observe(byId("side"), { attributeFilter: ["class"] });
  new MutationObserver(nameParts).observe(byId("talk") ?? document.body, {
    childList: true,
    subtree: true,
    attributeFilter: ["aria-label"],
  });
}
